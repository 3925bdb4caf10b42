"""Each function that counts events reaches the items of the counters that it counts in, and no others."""

import pytest

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.definition import PARTITION_KEY
from adapters.dynamodb.quarantine import DynamoQuarantine
from adapters.dynamodb.usage import DynamoDeliveredSink
from domain.metering.ports import UsageSums
from domain.quarantine.ports import GroupCount, GroupKey, ObjectEntry, Progress, SettledObject
from infra.functions import FUNCTIONS
from infra.functions.grants import LEADING_KEYS
from infra.settings.stage import StageSettings
from tests.dynamodb_in_process import TABLE, dynamodb
from tests.infra.policies import may

MINUTE = 1_795_420_800
AT = "2026-11-23T08:00:00.000000Z"
PRICE = GroupKey("rev_1", "type_float", "/price")
ACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
WRITING = [f"dynamodb:{name}" for name in ACTIONS.values()]
USAGE, QUARANTINE, REDRIVE = "USAGE_OWNER#env_1", "QUARANTINE#env_1", "REDRIVE#rdr_1"
OTHERS = ("RATE#env_1", "UNKNOWN_KEYS#env_1")


@pytest.fixture(scope="module")
def prod(synthesize):
    return synthesize(StageSettings(name="prod", lake=True))


@pytest.fixture(scope="module")
def counters(prod):
    """The ARN of the table of counters, as policies of other stacks name it."""
    start = "ExportsOutputFnGetAttTablesCounters"
    (name,) = [name for name in prod.templates["state"]["Outputs"] if name.startswith(start)]
    return f"ingest-prod-state:{name}"


def count_delivered(call):
    """Count objects of an environment before it is known whose it is, and afterwards."""
    sink = DynamoDeliveredSink(call, TABLE)
    sink.add_delivered("early", [UsageSums("env_1", "rev_1", MINUTE, delivered=1)])
    owned = UsageSums("env_1", "rev_1", MINUTE, delivered=1, endpoint_id="end_1", organisation_id="org_1")
    sink.add_delivered("late", [owned])


def count_refused(call):
    counts = [GroupCount(PRICE, 1, AT, AT)]
    DynamoQuarantine(call, TABLE).add(ObjectEntry("object", "env_1", MINUTE, counts))


def settle(call):
    index = DynamoQuarantine(call, TABLE)
    assert not index.is_settled("rdr_1", "object")
    assert index.redriven_lines("object") == frozenset()
    assert index.settle(SettledObject("rdr_1", "object", "env_1", MINUTE, {0: [PRICE]}, Progress(objects=1, sent=1)))
    assert index.progress("rdr_1").sent == 1
    assert index.groups("env_1", MINUTE, MINUTE + 1)[0].redriven == 1


def asked_of(works):
    """Return which action on which group each call of some works is, after one that another function does."""
    asked = set()

    def note(operation, request):
        writes = [next(iter(write.items())) for write in request.get("TransactItems", ())]
        for kind, said in writes or [(operation, request)]:
            action = ACTIONS.get(kind, "".join(part.title() for part in kind.split("_")))
            key = said.get("Key") or said.get("Item")
            group = key[PARTITION_KEY] if key else said["ExpressionAttributeValues"][":pk"]
            asked.add((f"dynamodb:{action}", group["S"]))

    with dynamodb() as client:
        call = Calls(client, sleep=lambda _: None)
        count_refused(call)
        client.before = note
        for work in works:
            work(call)
    return asked


def role_of(function):
    return "Service/" + "".join(part.title() for part in function.split("_"))


@pytest.mark.parametrize(
    ("function", "works"),
    [
        ("bigquery_writer", [count_delivered]),
        ("delivered", [count_delivered]),
        ("lake_writer", [count_delivered]),
        ("quarantine_writer", [count_refused]),
        ("redrive", [count_delivered, settle]),
    ],
)
def test_a_function_may_do_what_it_counts_with(prod, counters, function, works):
    asked = asked_of(works)
    assert asked
    for action, group in asked:
        assert may(prod, role_of(function), action, counters, {LEADING_KEYS: [group]}), (action, group)


@pytest.mark.parametrize(
    ("group", "functions"),
    [
        (USAGE, {"bigquery_writer", "delivered", "lake_writer", "redrive", "usage_writer"}),
        (QUARANTINE, {"quarantine_writer", "redrive"}),
        (REDRIVE, {"redrive"}),
        *((group, {"ingest"}) for group in OTHERS),
    ],
)
def test_no_other_function_writes_a_group(prod, counters, group, functions):
    writing = {
        name
        for name in FUNCTIONS
        if any(may(prod, role_of(name), action, counters, {LEADING_KEYS: [group]}) for action in WRITING)
    }
    assert writing == functions
