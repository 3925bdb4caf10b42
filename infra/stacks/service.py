"""The functions, what sets them off, and who is told when they fail. Nothing in it has a memory."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.constructs.alarms import FIVE_MINUTES, MINUTE, Alarms, ledger_metric
from infra.constructs.authorizer import make_authorizer
from infra.constructs.dashboard import Dashboard
from infra.constructs.function import ServiceFunction
from infra.constructs.redrives import Redrives
from infra.functions import FUNCTIONS, spec_of
from infra.functions.stacks import Stacks
from infra.settings.stage import StageSettings
from infra.stacks.front import FrontStack
from infra.stacks.state import StateStack

QUARANTINE_LAG_SECONDS = 900


class ServiceStack(Stack):
    """What runs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        state: StateStack,
        front: FrontStack,
        **kwargs: object,
    ) -> None:
        """Make it for a stage, between what it remembers and where it is reached."""
        super().__init__(scope, construct_id, **kwargs)  # type: ignore[arg-type]
        stacks = Stacks(settings, state, front)
        self.functions = {
            name: ServiceFunction(self, _pascal(name), spec=spec_of(name, stacks), settings=settings)
            for name in FUNCTIONS
        }
        self._route(front)
        Redrives(
            self,
            "Redrives",
            name=stacks.redrives_name,
            arn=stacks.redrives_arn,
            function=self.functions["redrive"].function,
            bucket=state.data,
            log_days=settings.log_retention_days,
        )
        alarms = self._alarms(settings, state, front)
        dashboard = Dashboard(
            self,
            "Dashboard",
            stage=settings.name,
            stream_prefix=settings.stream_prefix,
            api=front.ingest,
            balancer=front.balancer,
            functions={name: made.function for name, made in self.functions.items()},
            queues=list(state.queues.values()),
            alarms=alarms.all,
        )
        CfnOutput(self, "BootstrapFunction", value=self.functions["bootstrap"].function.function_name)
        CfnOutput(self, "DashboardUrl", value=dashboard.url)

    def _route(self, front: FrontStack) -> None:
        ingest = self.functions["ingest"].function
        front.ingest.add_route(self, "Events", "$default", ingest)
        if front.balancer is not None:
            front.balancer.add_function(self, ingest)
        management = self.functions["management"].function
        authorizer = make_authorizer(self, front.management.api, self.functions["authorizer"].function)
        front.management.add_route(self, "Api", "$default", management, authorizer)

    def _alarms(self, settings: StageSettings, state: StateStack, front: FrontStack) -> Alarms:
        alarms = Alarms(
            self,
            "Alarms",
            stage=settings.name,
            key=state.key,
            email=settings.alarm_email,
            runbook_url=settings.runbook_url,
        )
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
        alarms.above(
            "quarantine-lag",
            state.queues["quarantine"].queue.metric_approximate_age_of_oldest_message(period=MINUTE),
            limit=QUARANTINE_LAG_SECONDS,
            anchor="quarantine-lag",
            means="Refused events wait for more than 15 minutes for the quarantine writer.",
        )
        alarms.above(
            "ledger-imbalance",
            ledger_metric("LedgerMissing", settings.name),
            periods=5,
            anchor="ledger-imbalance",
            means="Events were accepted and have not arrived, or nobody looks.",
            silence_is_bad=True,
        )
        self._alarms_of_answers(alarms, front)
        self._alarms_of_functions(alarms)
        return alarms

    def _alarms_of_answers(self, alarms: Alarms, front: FrontStack) -> None:
        answered = {
            "ingest": front.ingest.api.metric_server_error(period=MINUTE, statistic="Sum"),
            "management": front.management.api.metric_server_error(period=MINUTE, statistic="Sum"),
        }
        if front.balancer is not None:
            metrics = front.balancer.balancer.metrics
            answered["balancer"] = metrics.custom("HTTPCode_Target_5XX_Count", period=MINUTE, statistic="Sum")
        for name, metric in answered.items():
            alarms.above(
                f"server-errors-{name}",
                metric,
                anchor="server-errors",
                means=f"Requests to {name} were answered 5xx.",
            )

    def _alarms_of_functions(self, alarms: Alarms) -> None:
        for name, made in self.functions.items():
            alarms.above(
                f"throttles-{name.replace('_', '-')}",
                made.function.metric_throttles(period=FIVE_MINUTES),
                anchor="throttles",
                means=f"Calls of the function {name} were refused for want of concurrency.",
            )
        said = (
            ("plan-used", "metering", "organisation * has used *", "An organisation has used 80 % or all of its plan."),
            (
                "certificate-expiry",
                "provisioner",
                "the certificate of custom domain * expires in *",
                "The certificate of a custom domain ends soon.",
            ),
            (
                "domain-failures",
                "provisioner",
                "custom domain * can't be served: *",
                "A custom domain could not be set up.",
            ),
            (
                "provisioner-failures",
                "provisioner",
                "environment * can't be provisioned*",
                "An environment could not be set up or taken down.",
            ),
        )
        for name, function, message, means in said:
            metric = alarms.lines(name, self.functions[function].log_group, message)
            alarms.above(name, metric, anchor=name, means=means)


def _pascal(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))
