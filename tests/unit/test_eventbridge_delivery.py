"""Delivery to buses of users: what an event of EventBridge holds, and what every answer means for the events."""

import json

import boto3
import pytest
from moto import mock_aws

from adapters.aws_http.endpoint import Service
from adapters.eventbridge import UsersBus, users_buses
from connectors.eventbridge.capabilities import MAX_CALL_BYTES
from connectors.eventbridge.connector import entry_of, eventbridge_connector
from domain.delivery.batching import Event
from domain.delivery.connectors import RevisionTable
from domain.delivery.landed import stamps_of
from domain.delivery.resting import AskedToWait
from domain.errors import Misconfigured
from schemas.limits import ENTRIES_TRIES
from tests.aws_stub import REGION, Fault, refusal
from tests.landed import Time, landed, line, set_aside
from tests.users_services import (
    ACCOUNT,
    ROLE_ARN,
    SESSION,
    changed_answers,
    connector_on_aws,
    target_of,
    users_service,
)

EVENTS = Service("events", "EVENTBRIDGE", "AWSEvents", "application/x-amz-json-1.1")
LINES = [line(number, name=f"n{number % 3}") for number in range(25)]
PASSED = [("role", "passed"), ("send", "passed")]


@pytest.fixture
def world(monkeypatch):
    with users_service(EVENTS, monkeypatch) as service:
        service.theirs.create_event_bus(Name="events")
        yield service


@pytest.fixture
def connector(world):
    return eventbridge_connector(lambda target: UsersBus(users_buses(SESSION), target.destination["bus_arn"]))


def destination(name="events", **settings):
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"
    return {"type": "eventbridge", "bus_arn": arn, "role_arn": ROLE_ARN, "detail_type": "event", **settings}


def deliver(connector, lines=LINES, to=None):
    return connector.deliver(target_of(to or destination()), landed(lines), lambda _: None, Time().budget())


def puts(calls):
    return [fields["Entries"] for operation, fields in calls if operation == "PutEvents"]


def test_each_event_is_an_event_whose_detail_is_its_line_and_that_rules_match(world, connector):
    queues = boto3.client("sqs", region_name=REGION, endpoint_url=f"https://sqs.{REGION}.amazonaws.com")
    url = queues.create_queue(QueueName="matched")["QueueUrl"]
    pattern = json.dumps({"source": ["ingest-endpoints"], "detail-type": ["n1"]})
    world.theirs.put_rule(Name="n1", EventBusName="events", EventPattern=pattern)
    target = {"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:matched"}
    world.theirs.put_targets(Rule="n1", EventBusName="events", Targets=[target])
    outcomes = deliver(connector, to=destination(detail_type_field="name"))
    assert [len(entries) for entries in puts(world.stub.served)] == [10, 10, 5]
    assert outcomes.delivered.total() == 25
    matched = []
    while found := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        matched += [json.loads(message["Body"])["detail"] for message in found]
    assert sorted(row["_event_id"] for row in matched) == sorted(f"evt_{number}" for number in range(1, 25, 3))


@pytest.mark.parametrize(
    ("value", "detail_type"),
    [
        ("Order placed", "Order placed"),
        (7, "7"),
        ("ü" * 200, "ü" * 128),
        ("a\x00\nb", "a\ufffd\ufffdb"),
        ("", "event"),
        (None, "event"),
        ([1], "event"),
    ],
    ids=str,
)
def test_a_field_may_give_the_detail_type(value, detail_type):
    row = line(1, name=value)
    entry = entry_of(destination(detail_type_field="name"), Event(row, stamps_of(row)), None)
    assert entry.fields == {"Source": "ingest-endpoints", "DetailType": detail_type, "Detail": row.decode()}
    assert entry.size == len("ingest-endpoints") + len(detail_type.encode()) + len(row)


NAMED = RevisionTable("", "rev_1", "First", [{"key": "kind", "type": "STRING"}], "drop", 2, ["/kind"])


@pytest.mark.parametrize(
    ("settings", "detail_types"),
    [
        ({"detail_type_from": "event_name"}, ["view", "event"]),
        ({"detail_type_from": "event_name", "detail_type_field": "page"}, ["Home", "event"]),
        ({}, ["event", "event"]),
    ],
    ids=str,
)
def test_the_name_of_an_event_is_its_detail_type_where_no_field_gives_one(world, connector, settings, detail_types):
    lines = [line(1, kind="view", page="Home"), line(2, kind="")]
    target = target_of(destination(**settings))
    tables = {"rev_1": NAMED}.get
    assert connector.deliver(target, landed(lines), tables, Time().budget()).delivered.total() == 2
    (entries,) = puts(world.stub.served)
    assert [entry["DetailType"] for entry in entries] == detail_types


def partly(failed):
    """Return what does a call but for some events, which are answered as failed: codes by event."""

    def change(fields, serve):
        if "Entries" not in fields:
            return serve(fields)
        ids = [json.loads(row["Detail"])["_event_id"] for row in fields["Entries"]]
        kept = [row for row, event_id in zip(fields["Entries"], ids, strict=True) if not failed.get(event_id)]
        taken = iter(serve({"Entries": kept})["Entries"] if kept else [])
        rows = [
            {"ErrorCode": failed[event_id].pop(0), "ErrorMessage": "secret text"}
            if failed.get(event_id)
            else next(taken)
            for event_id in ids
        ]
        return {"FailedEntryCount": len(ids) - len(kept), "Entries": rows}

    return change


def test_a_part_that_failed_is_put_again_and_what_is_refused_is_set_aside_alone(world, connector):
    failed = {
        "evt_2": ["ThrottlingException"] * 2,
        "evt_4": ["InternalFailure"],
        "evt_6": ["NotAuthorizedForSourceException"],
        "evt_7": ["MalformedDetail"],
    }
    with changed_answers(world.stub, partly(failed)):
        outcomes = deliver(connector)
    (row,) = set_aside(outcomes)
    assert (row["event_id"], row["reason"]) == ("evt_7", "AWS refused it: MalformedDetail.")
    assert outcomes.delivered.total() == 24
    assert [len(entries) for entries in puts(world.stub.requests)] == [10, 3, 1, 10, 5]


def test_a_bus_that_does_not_let_the_role_put_events_sets_nothing_aside(world, connector):
    failed = {f"evt_{number}": ["AccessDeniedException"] * 100 for number in range(25)}
    with changed_answers(world.stub, partly(failed)), pytest.raises(AskedToWait, match="AccessDenied"):
        deliver(connector)
    assert len(puts(world.stub.requests)) == ENTRIES_TRIES


@pytest.mark.parametrize(
    "fault",
    [refusal("ThrottlingException"), refusal("InternalException", 500), Fault("cut", after_effect=True)],
    ids=str,
)
def test_a_call_that_may_pass_is_made_again(world, connector, fault):
    world.stub.faults += [None, fault, None]
    assert deliver(connector).delivered.total() == 25
    assert len(puts(world.stub.requests)) == 4


def test_nothing_is_put_on_a_bus_that_is_gone_which_would_accept_and_drop_it(world, connector):
    with pytest.raises(AskedToWait, match="look at the bus: ResourceNotFoundException"):
        deliver(connector, to=destination("gone"))
    assert puts(world.stub.requests) == []
    world.stub.faults.append(refusal("AccessDeniedException"))
    with pytest.raises(Misconfigured, match="look at the bus"):
        deliver(connector)


def test_a_call_holds_no_more_bytes_than_eventbridge_takes_and_a_larger_event_is_set_aside(world, connector):
    lines = [line(number, text="x" * (MAX_CALL_BYTES // 3)) for number in range(3)]
    outcomes = deliver(connector, [*lines, line(3, text="x" * MAX_CALL_BYTES)])
    assert [len(entries) for entries in puts(world.stub.served)] == [2, 1]
    (row,) = set_aside(outcomes)
    assert row["event_id"] == "evt_3"


def test_a_check_puts_one_event_whose_detail_type_no_rule_for_events_matches(world, connector):
    assert [(step.name, step.state) for step in connector.check(target_of(destination()))] == PASSED
    (((entry,)),) = puts(world.stub.served)
    assert (entry["DetailType"], entry["Detail"]) == ("_ingest_check", '{"_ingest_check":true}')
    role, send = connector.check(target_of(destination("gone")))
    assert (role.state, send.state) == ("passed", "failed")
    assert "ResourceNotFoundException" in send.reason


def test_on_aws_the_users_role_is_taken_on():
    with mock_aws():
        boto3.client("events", region_name=REGION).create_event_bus(Name="events")
        connector = connector_on_aws("eventbridge")
        assert [(step.name, step.state) for step in connector.check(target_of(destination()))] == PASSED
        assert deliver(connector).delivered.total() == 25
