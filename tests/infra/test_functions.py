"""Every function runs with what it needs, and with no more."""

import re
from pathlib import Path

import pytest

from infra.exceptions import WILDCARDS
from infra.functions import FUNCTIONS
from tests.infra.conftest import FULL, PLAIN
from tests.infra.templates import listed, statements_of, text_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def plain(synthesize):
    return synthesize(PLAIN)


@pytest.fixture(scope="module")
def full(synthesize):
    return synthesize(FULL)


def functions_of(synthesized):
    found = synthesized.properties("service", "AWS::Lambda::Function").values()
    return {properties["Handler"].split(".")[1]: properties for properties in found}


def test_every_function_that_has_an_entry_point_is_deployed():
    assert {path.parent.name for path in ROOT.glob("functions/*/aws.py")} == set(FUNCTIONS)


def test_every_function_has_its_handler_its_processor_its_log_and_no_tracing(plain):
    functions = functions_of(plain)
    assert set(functions) == set(FUNCTIONS)
    for name, properties in functions.items():
        assert properties["Handler"] == f"functions.{name}.aws.handler"
        assert properties["Architectures"] == ["arm64"]
        assert properties["Runtime"] == f"python{PLAIN.python}"
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"
        assert properties["LoggingConfig"]["SystemLogLevel"] == "WARN", "no lines for every request"
        assert "TracingConfig" not in properties
    logs = plain.properties("service", "AWS::Logs::LogGroup").values()
    assert all(group["RetentionInDays"] == PLAIN.log_retention_days for group in logs)
    assert len(logs) >= len(FUNCTIONS)


def test_every_function_has_a_role_of_its_own(plain):
    roles = [text_of(properties["Role"]) for properties in functions_of(plain).values()]
    assert len(set(roles)) == len(FUNCTIONS)
    for role in plain.properties("service", "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role


def wildcards_of(synthesized):
    """Return (role, action, resource) for every `*` that a role's policy has."""
    for role, statement in statements_of(synthesized):
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            for resource in map(text_of, listed(statement["Resource"])):
                if "*" in action or "*" in resource:
                    yield role, action, resource


def excusing(role, action, resource):
    return [
        entry
        for entry in WILDCARDS
        if re.match(entry.role, role) and re.fullmatch(entry.action, action) and re.fullmatch(entry.resource, resource)
    ]


def test_every_star_in_what_a_role_may_do_has_a_reason_and_every_reason_a_star(full):
    used = set()
    unexplained = []
    for role, action, resource in wildcards_of(full):
        assert "*" not in action, f"{role} may {action}"
        found = excusing(role, action, resource)
        used.update(found)
        if not found:
            unexplained.append((role, action, resource))
    assert unexplained == []
    assert used == set(WILDCARDS)


def test_who_reads_objects_is_told_of_a_missing_one_that_it_is_missing(plain):
    listing = [statement for _, statement in statements_of(plain) if listed(statement["Action"]) == ["s3:ListBucket"]]
    conditions = [statement["Condition"] for statement in listing if "Condition" in statement]
    assert conditions
    for condition in conditions:
        (said,) = condition.items()
        assert said[0] == "StringLikeIfExists", "a request for one object names no prefix"
        assert list(said[1]) == ["s3:prefix"]


def test_management_looks_at_every_queues_dead_letters_and_takes_from_no_queue_that_is_worked_on(plain):
    urls = functions_of(plain)["management"]["Environment"]["Variables"]["QUEUE_URLS"]
    queues = plain.properties("state", "AWS::SQS::Queue")
    dead = {name for name, properties in queues.items() if properties["QueueName"].endswith("-dead")}
    names = {properties["QueueName"] for name, properties in queues.items() if name not in dead}
    assert {f"{name}-dead" for name in names} == {queues[name]["QueueName"] for name in dead}
    assert all(name in text_of(urls) for name in queues if name not in dead)
    may = {}
    for role, statement in statements_of(plain):
        if role.startswith("Service/Management"):
            for resource in map(text_of, listed(statement["Resource"])):
                for queue in queues:
                    if queue in resource:
                        may.setdefault(queue, set()).update(listed(statement["Action"]))
    looks = {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
    sends = {"sqs:GetQueueAttributes", "sqs:SendMessage"}
    assert may == {queue: looks if queue in dead else sends for queue in queues}


def test_a_role_is_passed_to_nobody_but_firehose(full):
    passes = [
        (role, statement) for role, statement in statements_of(full) if "iam:PassRole" in listed(statement["Action"])
    ]
    assert [role.startswith("Service/Provisioner") for role, _ in passes] == [True]
    assert passes[0][1]["Condition"] == {"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}}
    assert "DeliveryRole" in text_of(passes[0][1]["Resource"])


def test_only_ingest_answers_without_a_credential(full):
    routes = full.properties("service", "AWS::ApiGatewayV2::Route").values()
    open_routes = [text_of(route["Target"]) for route in routes if route["AuthorizationType"] == "NONE"]
    assert len(open_routes) == 1
    assert "Events" in open_routes[0]


def test_ingest_has_what_is_reserved_for_it_and_the_load_balancer_before_it(full):
    assert functions_of(full)["ingest"]["ReservedConcurrentExecutions"] == FULL.ingest_reserved_concurrency
    (group,) = full.properties("service", "AWS::ElasticLoadBalancingV2::TargetGroup").values()
    assert group["TargetType"] == "lambda"
    assert {"Key": "lambda.multi_value_headers.enabled", "Value": "true"} in group["TargetGroupAttributes"]


def test_queues_feed_functions_one_message_failing_alone_and_hide_it_long_enough(plain):
    queues = plain.properties("state", "AWS::SQS::Queue")
    for mapping in plain.properties("service", "AWS::Lambda::EventSourceMapping").values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        function = mapping["FunctionName"]["Ref"]
        timeout = plain.properties("service", "AWS::Lambda::Function")[function]["Timeout"]
        (queue,) = [name for name in queues if name in text_of(mapping["EventSourceArn"])]
        assert queues[queue]["VisibilityTimeout"] >= timeout
