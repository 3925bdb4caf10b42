"""What ingest reads of the catalog, written with the SDK and read without it; and calls that fail on the way."""

from random import Random

import boto3
import pytest
from moto import mock_aws

from adapters.aws_http.endpoint import DYNAMODB
from adapters.dynamodb.definition import create_table
from adapters.dynamodb.reading import DynamoReader
from adapters.dynamodb.signed_calls import SignedCalls
from adapters.dynamodb.table import DynamoTable
from domain.errors import Undelivered
from domain.records.ports import Conflict, Put
from schemas.items import ItemKey
from tests.aws_stub import REGION, Answer, AwsStub, Fault, moto_serves, refusal, running

NOW_SECONDS = 1_795_500_000
KEY = ItemKey("POINTER#env_1", "POINTER")
NOISE = Random(7)


def clock():
    return NOW_SECONDS * 1_000_000_000


class Rig:
    def __init__(self, stub):
        self.client = boto3.client("dynamodb", region_name=REGION)
        create_table(self.client, "catalog")
        self.table = DynamoTable(self.client, "catalog", clock)
        self.stub = stub
        self.pauses = []
        self.call = SignedCalls(stub.client(DYNAMODB), sleep=self.pauses.append, random=lambda: 1.0, seconds=20)
        self.reader = DynamoReader(self.call, "catalog", clock, sleep=self.pauses.append)


@pytest.fixture
def rig(tmp_path):
    with mock_aws(), running(AwsStub(moto_serves(DYNAMODB), tmp_path)) as stub:
        yield Rig(stub)


def text_of(size):
    return NOISE.randbytes(size // 2).hex()


@pytest.mark.parametrize(
    ("data", "operations"),
    [
        ({"state": "active", "ü": "ß\ud800", "n": 2**63, "none": None}, ["GetItem"]),
        ({"text": "ü" * 40_000}, ["GetItem"]),
        ({"text": text_of(1_200_000)}, ["GetItem", "BatchGetItem"]),
    ],
)
def test_an_item_is_read_as_the_table_wrote_it(rig, data, operations):
    rig.table.transact([Put(KEY, data, 0)])
    assert rig.reader.get(KEY) == rig.table.get(KEY)
    assert rig.reader.get(KEY).data == data
    assert [operation for operation, _ in rig.stub.requests][: len(operations)] == operations
    rig.table.transact([Put(KEY, {"now": "small"}, 1)])
    assert rig.reader.get(KEY) == (KEY, 2, {"now": "small"})


def test_what_is_not_there_or_not_any_more_is_none(rig):
    assert rig.reader.get(KEY) is None
    rig.table.transact([Put(KEY, {"a": 1}, 0, expires_at=NOW_SECONDS)])
    assert rig.reader.get(KEY) is None


def test_a_read_sees_every_write_before_it(rig):
    rig.reader.get(KEY)
    ((_, fields),) = rig.stub.requests
    assert fields == {
        "TableName": "catalog",
        "Key": {"pk": {"S": KEY.pk}, "sk": {"S": KEY.sk}},
        "ConsistentRead": True,
    }


def test_chunks_that_are_left_out_of_an_answer_are_asked_for_again(rig):
    rig.table.transact([Put(KEY, {"text": text_of(1_200_000)}, 0)])
    serve, answers = rig.stub.serve, []

    def a_part(operation, fields):
        answer = serve(operation, fields)
        if operation == "BatchGetItem" and len(answers) < 3:
            keys = fields["RequestItems"]["catalog"]["Keys"]
            kept = len(answers)  # none, then one, then two
            found = answer["Responses"]["catalog"][:kept]
            got = [{"pk": item["pk"], "sk": item["sk"]} for item in found]
            unread = [key for key in keys if key not in got]
            answer = {"Responses": {"catalog": found}, "UnprocessedKeys": {"catalog": {"Keys": unread}}}
            answers.append(answer)
        return answer

    rig.stub.serve = a_part
    assert rig.reader.get(KEY) == rig.table.get(KEY)
    assert len(answers) >= 2
    assert len(rig.pauses) == 1


def test_chunks_that_are_never_returned_are_undelivered(rig):
    rig.table.transact([Put(KEY, {"text": text_of(1_200_000)}, 0)])
    serve = rig.stub.serve

    def nothing(operation, fields):
        if operation == "GetItem":
            return serve(operation, fields)
        return {"Responses": {}, "UnprocessedKeys": fields["RequestItems"]}

    rig.stub.serve = nothing
    with pytest.raises(Undelivered, match="did not return all items"):
        rig.reader.get(KEY)
    assert len(rig.pauses) == 6


@pytest.mark.parametrize(
    "fault",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("ThrottlingException"),
        refusal("InternalServerError", 500),
        Answer(503, b""),
        Fault("reset"),
        Fault("cut"),
        Fault("garbage", after_effect=True),
    ],
)
def test_what_passes_is_tried_again_after_a_growing_pause(rig, fault):
    rig.table.transact([Put(KEY, {"a": 1}, 0)])
    rig.stub.faults += [fault, fault]
    assert rig.reader.get(KEY) == (KEY, 1, {"a": 1})
    assert rig.pauses == [0.05, 0.1]
    assert len(rig.stub.requests) == 3


def test_after_three_tries_in_vain_the_caller_learns_that_time_may_help(rig):
    rig.stub.faults += [refusal("ThrottlingException")] * 3
    with pytest.raises(Undelivered, match="ThrottlingException") as caught:
        rig.reader.get(KEY)
    assert caught.value.retryable
    assert len(rig.stub.requests) == 3


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"])
def test_what_no_time_helps_is_tried_once_and_told_without_its_text(rig, code):
    rig.stub.faults.append(refusal(code))
    with pytest.raises(Undelivered, match=code) as caught:
        rig.reader.get(KEY)
    assert not caught.value.retryable
    assert "secret text" not in str(caught.value)
    assert len(rig.stub.requests) == 1


def test_conditions_that_do_not_hold_are_conflicts(rig):
    item = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    absent = {"TableName": "catalog", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    rig.call("put_item", absent)
    with pytest.raises(Conflict) as caught:
        rig.call("put_item", absent)
    assert caught.value.failed == [0]
    other = {**absent, "Item": {"pk": {"S": "c"}, "sk": {"S": "d"}}}
    with pytest.raises(Conflict) as caught:
        rig.call("transact_write_items", {"TransactItems": [{"Put": other}, {"Put": absent}]})
    assert caught.value.failed == [1]


@pytest.mark.parametrize(("reason", "retryable"), [("TransactionConflict", True), ("ValidationError", False)])
def test_a_transaction_that_is_cancelled_for_another_reason_passes_or_not(rig, reason, retryable):
    reasons = [{"Code": "None"}, {"Code": reason, "Message": "secret text"}]
    rig.stub.faults += [refusal("TransactionCanceledException", CancellationReasons=reasons)] * 3
    with pytest.raises(Undelivered, match=reason) as caught:
        rig.call("transact_write_items", {"TransactItems": []})
    assert caught.value.retryable is retryable
    assert len(rig.stub.requests) == (3 if retryable else 1)


def test_binary_values_travel_as_base64_and_come_back_as_bytes(rig):
    raw = bytes(range(256))
    item = {
        "pk": {"S": "a"},
        "sk": {"S": "b"},
        "B": {"B": raw},
        "set": {"BS": [b"x", raw]},
        "m": {"M": {"B": {"S": "B"}}},
    }
    rig.call("put_item", {"TableName": "catalog", "Item": item})
    found = rig.call(
        "query",
        {
            "TableName": "catalog",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "a"}},
        },
    )["Items"]
    assert found == [item]


def test_a_value_that_dynamodb_has_no_form_for_is_an_error_of_ours(rig):
    with pytest.raises(TypeError):
        rig.call("put_item", {"Item": {"a": {"N": object()}}})
    assert rig.stub.requests == []
