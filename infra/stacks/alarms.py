"""Which alarms a deployment has, and at which figure each is raised: docs/operate.md says what to do about it."""

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.constructs.alarms import FIVE_MINUTES, MINUTE, Alarms, figure
from infra.constructs.function import ServiceFunction
from infra.constructs.function_url import FunctionUrl
from infra.constructs.redrives import Redrives
from infra.constructs.trials import Trials
from infra.settings.stage import StageSettings
from infra.stacks.front import FrontStack
from infra.stacks.state import StateStack
from schemas.watched import (
    ALERTS_BEHIND,
    CERTIFICATE_EXPIRES,
    DOMAIN_FAILS,
    ENVIRONMENT_FAILS,
    LEDGER_MISSING,
    OUTBOX_WAITING,
    PLAN_USED,
    USAGE_SET_ASIDE,
)

FRESHNESS_SECONDS = 1_200
"""What a stream may hold for long: the longest buffer that there is, and five minutes to write it."""
LAGS: Mapping[str, tuple[int, str]] = {
    "quarantine": (900, "Refused events wait for more than 15 minutes for the quarantine writer."),
    "usage": (300, "What handlers have counted waits for more than five minutes for the usage writer."),
    "spill": (900, "Accepted events wait for more than 15 minutes for their delivery stream."),
    # A message that failed is hidden for half an hour: one failure is none.
    "landing": (3_600, "Objects wait for more than an hour for their destination."),
    "lake": (3_600, "Objects wait for more than an hour for their lake."),
}
"""By queue: how old its oldest message may be, in seconds."""


def make_alarms(
    scope: Construct,
    settings: StageSettings,
    state: StateStack,
    front: FrontStack,
    url: FunctionUrl | None,
    functions: Mapping[str, ServiceFunction],
    redrives: Redrives,
    trials: Trials,
) -> Alarms:
    """Return the alarms of a deployment."""
    alarms = Alarms(
        scope,
        "Alarms",
        stage=settings.name,
        key=state.key,
        email=settings.alarm_email,
        runbook_url=settings.runbook_url,
    )
    _of_queues(alarms, state)
    _of_delivery(alarms, settings.name)
    _of_answers(alarms, front, url)
    _of_functions(alarms, functions)
    _of_tables(alarms, state)
    _of_lines(alarms, functions)
    alarms.above(
        "redrive-failures",
        redrives.machine.metric_failed(period=FIVE_MINUTES),
        anchor="redrive-failures",
        means="A redrive could not be done to its end.",
    )
    alarms.above(
        "trial-failures",
        trials.machine.metric_failed(period=FIVE_MINUTES),
        anchor="trial-failures",
        means="A trial could not be done to its end.",
    )
    alarms.above(
        "outbox-lag",
        figure(OUTBOX_WAITING, settings.name),
        periods=5,
        anchor="outbox-lag",
        means="Changes wait for more than five minutes to be told to the provisioner, or nobody looks.",
        silence_is_bad=True,
    )
    alarms.above(
        "alerts-behind",
        figure(ALERTS_BEHIND, settings.name),
        periods=5,
        anchor="alerts-behind",
        means="Alerts of some environments have not been looked at for more than five minutes, or nobody looks.",
        silence_is_bad=True,
    )
    return alarms


def _of_queues(alarms: Alarms, state: StateStack) -> None:
    for name, queue in state.queues.items():
        if name == "failed":
            alarms.above(
                "failed-stream-objects",
                # Those that came, not those that are there: S3 sends one for each bucket when it is set up.
                queue.queue.metric_number_of_messages_sent(period=MINUTE, statistic="Sum"),
                anchor="failed-stream-objects",
                means="A delivery stream could not write to its bucket and put objects under failed/.",
            )
            continue
        alarms.above(
            f"dead-letters-{name}",
            queue.dead.metric_approximate_number_of_messages_visible(period=MINUTE),
            anchor=f"dead-letters-{name}",
            means=f"Messages of the queue {name} were given up.",
        )
    for name, (seconds, means) in LAGS.items():
        if name not in state.queues:
            continue
        alarms.above(
            f"{name}-lag",
            state.queues[name].queue.metric_approximate_age_of_oldest_message(period=MINUTE),
            limit=seconds,
            anchor=f"{name}-lag",
            means=means,
        )


def _of_delivery(alarms: Alarms, stage: str) -> None:
    # Streams are made at run time, so no alarm can name them; and an alarm takes no SEARCH. A query finds them all:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-alarms.html
    query = 'SELECT MAX("DeliveryToS3.DataFreshness") FROM SCHEMA("AWS/Firehose", DeliveryStreamName)'
    alarms.above(
        "delivery-freshness",
        cloudwatch.MathExpression(expression=query, using_metrics={}, period=MINUTE, label="oldest record, s"),
        limit=FRESHNESS_SECONDS,
        periods=3,
        anchor="delivery-freshness",
        means="A delivery stream of this account has held a record for more than 20 minutes.",
    )
    alarms.above(
        "ledger-imbalance",
        figure(LEDGER_MISSING, stage),
        periods=5,
        anchor="ledger-imbalance",
        means="Events were accepted and have not arrived, or nobody looks.",
        silence_is_bad=True,
    )


def _of_answers(alarms: Alarms, front: FrontStack, url: FunctionUrl | None) -> None:
    answered = {
        "ingest": front.ingest.api.metric_server_error(period=MINUTE, statistic="Sum"),
        "management": front.management.api.metric_server_error(period=MINUTE, statistic="Sum"),
    }
    if front.balancer is not None:
        metrics = front.balancer.balancer.metrics
        answered["balancer"] = metrics.custom("HTTPCode_Target_5XX_Count", period=MINUTE, statistic="Sum")
        # What the balancer answers alone, as when a function of it can't be invoked.
        answered["front-door"] = metrics.custom("HTTPCode_ELB_5XX_Count", period=MINUTE, statistic="Sum")
    if url is not None:
        answered["function-url"] = url.metric("Url5xxCount", period=MINUTE)
    for name, metric in answered.items():
        alarms.above(
            f"server-errors-{name}",
            metric,
            anchor="server-errors",
            means=f"Requests to {name} were answered 5xx.",
        )


def _of_functions(alarms: Alarms, functions: Mapping[str, ServiceFunction]) -> None:
    for name, made in functions.items():
        alarms.above(
            f"throttles-{name.replace('_', '-')}",
            made.function.metric_throttles(period=FIVE_MINUTES),
            anchor="throttles",
            means=f"Calls of the function {name} were refused for want of concurrency.",
        )
        alarms.above(
            f"function-errors-{name.replace('_', '-')}",
            made.function.metric_errors(period=FIVE_MINUTES),
            anchor="function-errors",
            means=f"Runs of the function {name} ended in an error, or took too long.",
        )


def _of_tables(alarms: Alarms, state: StateStack) -> None:
    for name, table in (
        ("catalog", state.tables.catalog),
        ("counters", state.tables.counters),
        ("taps", state.tables.taps),
    ):
        for what, metric in (("reads", "ReadThrottleEvents"), ("writes", "WriteThrottleEvents")):
            alarms.above(
                f"throttles-{name}-{what}",
                table.metric(metric, period=FIVE_MINUTES, statistic="Sum"),
                anchor="throttles",
                means=f"DynamoDB refused {what} of the table {name} for want of capacity.",
            )


def _of_lines(alarms: Alarms, functions: Mapping[str, ServiceFunction]) -> None:
    watched = (
        ("plan-used", "metering", PLAN_USED, "An organisation has used 80 % or all of its plan."),
        ("usage-set-aside", "usage_writer", USAGE_SET_ASIDE, "Counts could not be added to the sums of usage."),
        ("certificate-expiry", "provisioner", CERTIFICATE_EXPIRES, "The certificate of a custom domain ends soon."),
        ("domain-failures", "provisioner", DOMAIN_FAILS, "A custom domain could not be set up."),
        (
            "provisioner-failures",
            "provisioner",
            ENVIRONMENT_FAILS,
            "An environment could not be set up or taken down.",
        ),
    )
    for name, function, line, means in watched:
        alarms.above(name, alarms.lines(name, functions[function].log_group, line), anchor=name, means=means)
