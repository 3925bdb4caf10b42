"""The catalog on DynamoDB when calls fail, when items are large, and when many have expired."""

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError

from adapters.dynamodb.calls import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, TRIES, Calls, make_client
from adapters.dynamodb.definition import create_table
from adapters.dynamodb.table import CHUNK_GRACE_SECONDS, MAX_QUERY_CALLS, DynamoTable
from domain.errors import Undelivered
from domain.records.ports import Check, Conflict, Delete, Item, Put
from schemas.items import ItemKey
from tests.dynamodb_in_process import TABLE, dynamodb

NOW_SECONDS = 1_795_500_000
A, B = ItemKey("G", "A"), ItemKey("G", "B")
LARGE = {"text": "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(400_000))}


class World:
    """A table, the client under it, and how long it waited between tries."""

    def __init__(self, client) -> None:
        self.client = client
        self.now_seconds = NOW_SECONDS
        self.pauses: list[float] = []
        calls = Calls(client, sleep=self.pauses.append, random=lambda: 1.0)
        self.table = DynamoTable(client, TABLE, lambda: self.now_seconds * 1_000_000_000, calls)

    def fail(self, operation: str, *errors: Exception, after: bool = False) -> None:
        """Let the next calls of an operation fail one by one, before or after they are done."""
        waiting = list(errors)

        def before(name, request):
            if name == operation and waiting:
                error = waiting.pop(0)
                if after:
                    self.client.before = None
                    getattr(self.client, name)(**request)
                    self.client.before = before
                raise error

        self.client.before = before

    def chunks(self) -> list[dict]:
        return [item for item in self.client.everything() if item["pk"]["S"].startswith("CHUNK#")]


@pytest.fixture
def world():
    with dynamodb() as client:
        yield World(client)


def refusal(code: str, status: int = 400, reasons: list[str] | None = None) -> ClientError:
    response = {"Error": {"Code": code, "Message": "secret-value"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "AnyOperation")


def cancelled(*reasons: str) -> ClientError:
    return refusal("TransactionCanceledException", reasons=list(reasons))


TIMEOUT = ReadTimeoutError(endpoint_url="https://dynamodb.example.com")

PASSING = [
    refusal("ProvisionedThroughputExceededException"),
    refusal("ThrottlingException"),
    refusal("RequestLimitExceeded"),
    refusal("TransactionInProgressException"),
    refusal("InternalServerError", 500),
    refusal("anything", 503),
    cancelled("None", "TransactionConflict"),
    cancelled("ThrottlingError", "None", "ProvisionedThroughputExceeded"),
    TIMEOUT,
]
LASTING = [
    refusal("AccessDeniedException"),
    refusal("ResourceNotFoundException"),
    refusal("ValidationException"),
    refusal("UnrecognizedClientException"),
    cancelled("None", "ValidationError"),
    cancelled("TransactionConflict", "ValidationError"),
    NoCredentialsError(),
]


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_what_passes_is_tried_again(world, error):
    world.fail("transact_write_items", error, error)
    world.table.transact([Put(A, {"n": 1}, expect=0), Check(B, expect=0)])
    assert world.table.get(A) == Item(A, 1, {"n": 1})
    assert world.pauses == [FIRST_PAUSE_SECONDS, 2 * FIRST_PAUSE_SECONDS]


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_what_does_not_pass_in_bounded_time_is_undelivered(world, error):
    world.fail("transact_write_items", *[error] * TRIES)
    with pytest.raises(Undelivered) as caught:
        world.table.transact([Put(A, {"n": 1}, expect=0)])
    assert caught.value.retryable
    assert len(world.pauses) == TRIES - 1
    assert max(world.pauses) <= LONGEST_PAUSE_SECONDS
    assert sum(world.pauses) < 4
    assert world.table.get(A) is None


@pytest.mark.parametrize("error", LASTING, ids=str)
def test_what_time_does_not_heal_is_undelivered_at_once_without_the_vendors_text(world, error):
    world.fail("transact_write_items", error)
    with pytest.raises(Undelivered) as caught:
        world.table.transact([Put(A, {"n": 1}, expect=0)])
    assert not caught.value.retryable
    assert world.pauses == []
    assert "secret-value" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("operation", ["get_item", "query"])
def test_reads_are_tried_again_and_fail_like_writes(world, operation):
    def read():
        return world.table.get(A) if operation == "get_item" else world.table.query("G")

    world.fail(operation, refusal("ThrottlingException"), TIMEOUT)
    assert not read()
    world.fail(operation, refusal("AccessDeniedException"))
    with pytest.raises(Undelivered, match=f"refused {operation}: AccessDenied"):
        read()


def test_pauses_are_drawn_at_random_below_their_bound(world):
    drawn = iter([0.5, 0.25])
    calls = Calls(world.client, sleep=world.pauses.append, random=lambda: next(drawn))
    world.fail("get_item", TIMEOUT, TIMEOUT)
    DynamoTable(world.client, TABLE, lambda: 0, calls).get(A)
    assert world.pauses == [FIRST_PAUSE_SECONDS / 2, FIRST_PAUSE_SECONDS / 2]


def test_every_condition_that_failed_is_told_whatever_else_went_wrong(world):
    world.fail(
        "transact_write_items",
        cancelled("None", "ConditionalCheckFailed", "TransactionConflict", "ConditionalCheckFailed"),
    )
    with pytest.raises(Conflict) as caught:
        world.table.transact([Put(ItemKey("G", str(n)), {}, expect=0) for n in range(4)])
    assert caught.value.failed == [1, 3]
    assert world.pauses == []


def test_a_transaction_whose_answer_got_lost_is_done_once(world):
    world.fail("transact_write_items", TIMEOUT, after=True)
    world.table.transact([Put(A, {"n": 1}, expect=0)])
    assert world.table.get(A) == Item(A, 1, {"n": 1})
    assert world.client.calls["transact_write_items"] == 2


def test_no_two_transactions_share_a_token(world):
    tokens = []
    world.client.before = lambda _, request: tokens.append(request["ClientRequestToken"])
    for version in range(3):
        world.table.transact([Put(A, {}, expect=version)])
    assert len(set(tokens)) == 3
    assert all(1 <= len(token) <= 36 for token in tokens)


def test_nothing_to_write_is_no_call(world):
    world.table.transact([])
    assert not world.client.calls


def test_all_reads_are_consistent(world):
    requests = []
    world.table.transact([Put(A, LARGE, expect=0)])
    world.client.before = lambda name, request: requests.append((name, request))
    world.table.get(A)
    world.table.query("G")
    assert {name for name, _ in requests} == {"get_item", "query", "batch_get_item"}
    for _, request in requests:
        asked = request.get("RequestItems", {}).get(TABLE, request)
        assert asked["ConsistentRead"] is True


def test_chunks_stand_where_no_query_of_the_group_meets_them(world):
    world.table.transact([Put(A, LARGE, expect=0), Put(B, {}, expect=0)])
    assert len(world.chunks()) >= 2
    assert [item.key for item in world.table.query("G")] == [A, B]


def test_the_chunks_of_a_transaction_that_conflicts_go(world):
    with pytest.raises(Conflict):
        world.table.transact([Put(A, LARGE, expect=0), Check(B, expect=1)])
    assert world.chunks()
    assert all(chunk["expires_at"]["N"] == str(NOW_SECONDS + CHUNK_GRACE_SECONDS) for chunk in world.chunks())


@pytest.mark.parametrize("write", [Put(A, {"n": 2}, expect=1), Delete(A, expect=1)])
def test_the_chunks_of_what_was_replaced_or_deleted_go_once_that_is_done(world, write):
    world.table.transact([Put(A, LARGE, expect=0)])
    assert world.table.get(A).data == LARGE
    with pytest.raises(Conflict):
        world.table.transact([write, Check(B, expect=1)])
    assert not [chunk for chunk in world.chunks() if "expires_at" in chunk]
    world.table.get(A)
    world.table.transact([write])
    assert len([chunk for chunk in world.chunks() if "expires_at" in chunk]) == len(world.chunks())


def test_chunks_whose_transaction_may_have_been_done_stay(world):
    world.fail("transact_write_items", *[TIMEOUT] * TRIES, after=True)
    with pytest.raises(Undelivered):
        world.table.transact([Put(A, LARGE, expect=0)])
    assert world.table.get(A).data == LARGE
    assert not [chunk for chunk in world.chunks() if "expires_at" in chunk]


def test_chunks_outlive_the_item_that_names_them_a_little(world):
    world.table.transact([Put(A, LARGE, expect=0, expires_at=NOW_SECONDS + 60)])
    expected = str(NOW_SECONDS + 60 + CHUNK_GRACE_SECONDS)
    assert {chunk["expires_at"]["N"] for chunk in world.chunks()} == {expected}


def test_a_change_is_done_even_if_what_it_replaced_can_not_be_let_go(world):
    world.table.transact([Put(A, LARGE, expect=0)])
    world.table.get(A)
    world.fail("update_item", refusal("AccessDeniedException"))
    world.table.transact([Put(A, {}, expect=1)])
    assert world.table.get(A) == Item(A, 2, {})


def test_a_chunk_that_is_gone_is_undelivered_and_never_half_an_item(world):
    world.table.transact([Put(A, LARGE, expect=0)])
    chunk = world.chunks()[0]
    world.client._client.delete_item(TableName=TABLE, Key={"pk": chunk["pk"], "sk": chunk["sk"]})
    with pytest.raises(Undelivered) as caught:
        world.table.get(A)
    assert caught.value.retryable


class Hesitant:
    """A client whose BatchGetItem returns at most one item a call, and every other time none."""

    def __init__(self, client, *, stuck: bool = False) -> None:
        self._client = client
        self._stuck = stuck
        self._turn = 0

    def __getattr__(self, name):
        return getattr(self._client, name)

    def batch_get_item(self, **request):
        asked = request["RequestItems"][TABLE]
        self._turn += 1
        if self._stuck or self._turn % 2:
            return {"Responses": {TABLE: []}, "UnprocessedKeys": request["RequestItems"]}
        first, *rest = asked["Keys"]
        answer = self._client.batch_get_item(RequestItems={TABLE: {**asked, "Keys": [first]}})
        return {**answer, "UnprocessedKeys": {TABLE: {**asked, "Keys": rest}} if rest else {}}


def test_chunks_that_come_a_few_at_a_time_are_waited_for(world):
    world.table.transact([Put(A, LARGE, expect=0)])
    calls = Calls(Hesitant(world.client), sleep=world.pauses.append, random=lambda: 1.0)
    assert DynamoTable(world.client, TABLE, lambda: 0, calls).get(A).data == LARGE
    assert len(world.pauses) == len(world.chunks())


def test_chunks_that_do_not_come_are_undelivered(world):
    world.table.transact([Put(A, LARGE, expect=0)])
    calls = Calls(Hesitant(world.client, stuck=True), sleep=world.pauses.append, random=lambda: 1.0)
    with pytest.raises(Undelivered):
        DynamoTable(world.client, TABLE, lambda: 0, calls).get(A)
    assert len(world.pauses) == TRIES - 1


def test_many_expired_items_cost_few_calls_and_never_end_a_list_early(world):
    for start in range(0, 300, 100):
        numbers = range(start, start + 100)
        writes = [Put(ItemKey("G", f"{n:04}"), {}, expect=0, expires_at=NOW_SECONDS) for n in numbers]
        world.table.transact(writes)
    world.table.transact([Put(ItemKey("G", "1000"), {}, expect=0)])
    world.client.forget_counts()
    assert [item.key.sk for item in world.table.query("G", limit=1)] == ["1000"]
    assert world.client.calls["query"] <= 3


def test_expired_items_without_end_are_undelivered_and_not_an_empty_list(world):
    def query(**request):
        queries.append(request)
        return {"Items": [], "LastEvaluatedKey": {"pk": {"S": "G"}, "sk": {"S": "x"}}, "ScannedCount": 1}

    queries = []
    world.client.query = query
    with pytest.raises(Undelivered):
        world.table.query("G")
    assert len(queries) == MAX_QUERY_CALLS


def test_the_table_is_on_demand_with_expiry_and_recovery_and_made_once(world):
    client = world.client._client
    world.table.transact([Put(A, {}, expect=0)])
    create_table(client, TABLE)
    assert world.table.get(A) is not None
    told = client.describe_table(TableName=TABLE)["Table"]
    assert told["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [key["AttributeName"] for key in told["KeySchema"]] == ["pk", "sk"]
    expiry = client.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = client.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_client_leaves_trying_again_to_one_place():
    client = make_client("eu-central-1", "http://127.0.0.1:9")
    assert client.meta.config.retries["total_max_attempts"] == 1
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
