"""One page that says how a deployment is: what comes in, what became of it, how late it is, and what it costs."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.alarms import figure
from infra.constructs.api import Api
from infra.constructs.function_url import FunctionUrl
from infra.constructs.load_balancer import LoadBalancer
from infra.constructs.names import global_name
from infra.constructs.queues import WorkQueue
from schemas.watched import LEDGER_MISSING, LEDGER_SURPLUS, OUTBOX_WAITING

_MINUTE = Duration.minutes(1)


class Dashboard(Construct):
    """Written once, with the deployment; streams that are made later show up automatically."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: str,
        stream_prefix: str,
        api: Api,
        balancer: LoadBalancer | None,
        url: FunctionUrl | None,
        functions: Mapping[str, lambda_.IFunction],
        queues: Sequence[WorkQueue],
        alarms: Sequence[cloudwatch.Alarm],
    ) -> None:
        """Make the page of these parts."""
        super().__init__(scope, construct_id)
        ingest = functions["ingest"]
        name = global_name(self, "overview")
        rows: list[list[cloudwatch.IWidget]] = [
            [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=24, height=3)],
            [
                _graph("Requests a minute", _requests(api, balancer, url)),
                _graph("Answers that were errors", _errors(api, balancer, url)),
                _graph("Latency, ms", _latencies(api, url, ingest)),
            ],
            [
                _graph("Records put into streams", [_streams(stream_prefix, "IncomingRecords", "Sum")]),
                _graph("Oldest record in a stream, s", [
                    _streams(stream_prefix, "DeliveryToS3.DataFreshness", "Maximum")]),
                _graph("Ledger: events missing and surplus", [
                    figure(LEDGER_MISSING, stage), figure(LEDGER_SURPLUS, stage)]),
            ],
            [
                _graph("Messages and letters waiting", [*(
                    queue.queue.metric_approximate_number_of_messages_visible(label=queue.name, period=_MINUTE)
                    for queue in queues), figure(OUTBOX_WAITING, stage)]),
                _graph("Dead letters", [queue.dead.metric_approximate_number_of_messages_visible(
                    label=queue.name, period=_MINUTE) for queue in queues]),
                _graph("Oldest message, s", [queue.queue.metric_approximate_age_of_oldest_message(
                    label=queue.name, period=_MINUTE) for queue in queues]),
            ],
            [
                _graph("Cost: function milliseconds", [function.metric_duration(
                    label=name, statistic="Sum", period=_MINUTE) for name, function in functions.items()]),
                _graph("Cost: invocations", [function.metric_invocations(
                    label=name, period=_MINUTE) for name, function in functions.items()]),
                _graph("Cost: bytes into streams", [_streams(stream_prefix, "IncomingBytes", "Sum")]),
            ],
            [
                _graph("Concurrent handlers", [
                    ingest.metric("ConcurrentExecutions", statistic="Maximum", period=_MINUTE)]),
                _graph("Throttles", [function.metric_throttles(
                    label=name, period=_MINUTE) for name, function in functions.items()]),
                _graph("Function errors", [function.metric_errors(
                    label=name, period=_MINUTE) for name, function in functions.items()]),
            ],
        ]  # fmt: skip
        self.page = cloudwatch.Dashboard(
            self,
            "Page",
            dashboard_name=name,
            period_override=cloudwatch.PeriodOverride.INHERIT,
            default_interval=Duration.hours(3),
            widgets=rows,
        )
        self.url = f"https://{Stack.of(self).region}.console.aws.amazon.com/cloudwatch/home#dashboards:name={name}"


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)


def _requests(api: Api, balancer: LoadBalancer | None, url: FunctionUrl | None) -> list[cloudwatch.IMetric]:
    found: list[cloudwatch.IMetric] = [api.api.metric_count(label="HTTP API", period=_MINUTE, statistic="Sum")]
    if balancer is not None:
        found.append(balancer.balancer.metrics.request_count(label="load balancer", period=_MINUTE))
    if url is not None:
        found.append(url.metric("UrlRequestCount", label="function URL", period=_MINUTE))
    return found


def _errors(api: Api, balancer: LoadBalancer | None, url: FunctionUrl | None) -> list[cloudwatch.IMetric]:
    found: list[cloudwatch.IMetric] = [
        api.api.metric_server_error(label="5xx", period=_MINUTE, statistic="Sum"),
        api.api.metric_client_error(label="4xx", period=_MINUTE, statistic="Sum"),
    ]
    if balancer is not None:
        codes = ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count", "HTTPCode_Target_4XX_Count")
        found += [balancer.balancer.metrics.custom(name, period=_MINUTE, statistic="Sum") for name in codes]
    if url is not None:
        found += [url.metric(name, period=_MINUTE) for name in ("Url5xxCount", "Url4xxCount")]
    return found


def _latencies(api: Api, url: FunctionUrl | None, ingest: lambda_.IFunction) -> list[cloudwatch.IMetric]:
    found: list[cloudwatch.IMetric] = [
        api.api.metric_latency(label="p50", statistic="p50", period=_MINUTE),
        api.api.metric_latency(label="p99", statistic="p99", period=_MINUTE),
        ingest.metric_duration(label="ingest p99", statistic="p99", period=_MINUTE),
    ]
    if url is not None:
        found.append(
            url.metric("UrlRequestLatency", statistic="Maximum", label="function URL, slowest", period=_MINUTE)
        )
    return found


def _streams(prefix: str, metric: str, statistic: str) -> cloudwatch.IMetric:
    """Return a metric of all streams of the deployment, those included that are made after it.

    In quotes the prefix would find no stream but one of that very name. Without them it finds names with these words in
    a row, so that `prod` shows the streams of `prod-eu`, too.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
    """
    words = f'MetricName="{metric}" DeliveryStreamName={prefix.rstrip("-")}'
    search = f"SEARCH('{{AWS/Firehose,DeliveryStreamName}} {words}', '{statistic}', 60)"
    function = "MAX" if statistic == "Maximum" else "SUM"
    return cloudwatch.MathExpression(expression=f"{function}({search})", label=metric, using_metrics={}, period=_MINUTE)
