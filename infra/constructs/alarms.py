"""Alarms, each with the section of the runbook that says what to do: docs/operate.md."""

import re

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from schemas.watched import FIGURES_DIMENSION, FIGURES_NAMESPACE

MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)


def figure(name: str, stage: str) -> cloudwatch.Metric:
    """Return one of the figures that functions write every minute."""
    return cloudwatch.Metric(
        namespace=FIGURES_NAMESPACE,
        metric_name=name,
        dimensions_map={FIGURES_DIMENSION: stage},
        statistic="Maximum",
        period=MINUTE,
    )


class Alarms(Construct):
    """A topic, and what is told to it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: str, key: kms.IKey, email: str | None, runbook_url: str
    ) -> None:
        """Make the topic; `email` is asked once whether it wants the mails."""
        super().__init__(scope, construct_id)
        self._stage = stage
        self._runbook_url = runbook_url
        self.all: list[cloudwatch.Alarm] = []
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=f"ingest-{stage}-alarms",
            display_name=f"Alarms of ingest {stage}",
            master_key=key,
            enforce_ssl=True,
        )
        key.grant_encrypt_decrypt(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def above(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        limit: float = 0,
        periods: int = 1,
        anchor: str,
        means: str,
        silence_is_bad: bool = False,
    ) -> None:
        """Raise an alarm when a metric is above `limit` for so many periods.

        Args:
            name: in words with `-`, unique in the deployment.
            metric: with its period and statistic.
            limit: the highest value that is fine.
            periods: how many in a row.
            anchor: of the runbook's section.
            means: what it means, in one sentence.
            silence_is_bad: it is told as well when no figures come any more. Until the first one, of a new deployment,
                none is missed: the alarm begins without data, and only a change is told.
        """
        missing = cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self,
            "".join(part.title() for part in name.split("-")),
            alarm_name=f"ingest-{self._stage}-{name}",
            alarm_description=f"{means} What to do: {self._runbook_url}#{anchor}",
            metric=metric,
            threshold=limit,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=missing.MISSING if silence_is_bad else missing.NOT_BREACHING,
        )
        if silence_is_bad:
            alarm.add_insufficient_data_action(actions.SnsAction(self.topic))
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        self.all.append(alarm)

    def lines(self, name: str, group: logs.ILogGroup, line: str) -> cloudwatch.Metric:
        """Return how many lines of a log were made with a format of `schemas/watched.py`."""
        metric_name = "".join(part.title() for part in name.split("-"))
        stage_metric = f"{self._stage}-{metric_name}"
        logs.MetricFilter(
            self,
            f"{metric_name}Lines",
            log_group=group,
            filter_pattern=logs.FilterPattern.literal(f'{{ $.message = "{pattern_from_format(line)}" }}'),
            metric_namespace=FIGURES_NAMESPACE,
            metric_name=stage_metric,
            metric_value="1",
        )
        return cloudwatch.Metric(
            namespace=FIGURES_NAMESPACE, metric_name=stage_metric, statistic="Sum", period=FIVE_MINUTES
        )


def pattern_from_format(line: str) -> str:
    """Return what CloudWatch finds the lines of a format by, `*` standing for anything."""
    return re.sub(r"%[a-z]", "*", line.replace("%%", "\0")).replace("\0", "%")
