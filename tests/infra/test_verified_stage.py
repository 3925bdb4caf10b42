"""What is tried of a stage is its own, also where another stage's name begins with its name."""

import json

import boto3
import pytest
from moto import mock_aws

from infra.settings.stage import StageSettings
from infra.verifying.stage import STACKS, DeployedStage

ROLE = "arn:aws:iam::123456789012:role/r"
TOPICS = "arn:aws:sns:eu-central-1:123456789012"


class Functions:
    """Lambda, as far as a list of functions goes."""

    def __init__(self, *names):
        self._names = names

    def get_paginator(self, operation):
        assert operation == "list_functions"
        return self

    def paginate(self):
        return [{"Functions": [{"FunctionName": name, "Role": ROLE} for name in self._names]}]


@pytest.fixture
def prod(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
        for stack in STACKS:
            boto3.client("cloudformation").create_stack(StackName=f"ingest-prod-{stack}", TemplateBody=template)
        yield DeployedStage(StageSettings(name="prod"))


def test_functions_are_those_of_the_stage(prod):
    prod._clients["lambda"] = Functions("ingest-prod-ledger", "ingest-prod-eu-ledger", "ingest-prod-ingest", "other")
    assert [one["FunctionName"] for one in prod.functions()] == ["ingest-prod-ingest", "ingest-prod-ledger"]


def test_queues_are_those_of_the_stage(prod):
    for name in ("ingest-prod-spill", "ingest-prod-spill-dead", "ingest-prod-eu-spill-dead", "other-spill-dead"):
        boto3.client("sqs").create_queue(QueueName=name)
    assert [url.rpartition("/")[2] for url in prod.queues()] == ["ingest-prod-spill", "ingest-prod-spill-dead"]


def test_alarms_are_those_of_the_stage(prod):
    for stage in ("prod", "prod-eu"):
        boto3.client("cloudwatch").put_metric_alarm(
            AlarmName=f"ingest-{stage}-ledger",
            AlarmActions=[f"{TOPICS}:ingest-{stage}-alarms"],
            Namespace="ingest",
            MetricName="Ledger",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
    assert [alarm["AlarmName"] for alarm in prod.alarms()] == ["ingest-prod-ledger"]
