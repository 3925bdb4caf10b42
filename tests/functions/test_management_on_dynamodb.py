"""The management API's main job with its catalog on DynamoDB, and what its lists and gets read there."""

import json
import threading
from random import Random

import pytest

from adapters.dynamodb.encoding import pack
from adapters.dynamodb.table import DynamoTable
from domain.access.access import authenticate, token_hash
from domain.catalog import endpoints, revisions
from domain.errors import Rejected, Undelivered
from domain.ids import new_id
from domain.records.caller import Call, IdempotencyKey
from domain.records.change import Catalog
from domain.records.outbox import send_waiting
from functions.management.application import describe_routes
from schemas.codes import Problem
from schemas.items import pointer_key, revision_document_key
from schemas.limits import (
    MAX_ALERT_TARGETS,
    MAX_ALERTS,
    MAX_ALLOWED_ORIGINS,
    MAX_ENVIRONMENTS_PER_ENDPOINT,
    MAX_OPEN_TRIALS,
    MAX_PAGE_ITEMS,
    MAX_STREAMS,
    MAX_TAPS,
)
from tests.destinations import FakeConnectors, MemorySecrets
from tests.dynamodb_in_process import TABLE, SerialisedClient, dynamodb
from tests.management_api import MANAGED_S3, OWNER_TOKEN, PRICE, Api, Clock

NAME = {"key": "name", "type": "STRING", "presence": "optional"}


class DynamoApi(Api):
    """A deployment whose catalog stands in DynamoDB, with what `source`'s holds if there is one."""

    def __init__(self, client: SerialisedClient, source: Api | None = None) -> None:
        super().__init__(clock=source.clock if source else Clock())
        self.client = client
        if source:
            self.organisation_id = source.organisation_id
        for key, (version, text, _) in (source or self).table._items.items():
            attributes, chunks = pack(json.loads(text), "")
            assert not chunks
            item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "version": {"N": str(version)}, **attributes}
            client.put_item(TableName=TABLE, Item=item)
        dynamo = DynamoTable(client, TABLE, self.clock)
        # The handler goes on with the table that it was made with, which from now on is this one.
        self.table.get, self.table.query, self.table.transact = dynamo.get, dynamo.query, dynamo.transact

        self.catalog = Catalog(
            self.table,
            self.queue,
            self.clock,
            new_id,
            "https://in.example.com",
            "ingest-",
            FakeConnectors(),
            MemorySecrets(),
        )
        principal = authenticate(self.table, token_hash(OWNER_TOKEN), self.clock())
        assert principal
        self.caller = Call(principal, "203.0.113.7")

    def overtake(self, faster, slower):
        """Run `slower`, with `faster` done between what it read and what it writes.

        Both are decisions of the catalog, as of two functions at once: one handler serves requests one by one.
        """

        def before(operation, _):
            if operation == "transact_write_items":
                self.client.before = None
                faster()

        self.client.before = before
        result = slower()
        assert self.client.before is None
        return result


@pytest.fixture
def api():
    with dynamodb() as client:
        yield DynamoApi(client)


def in_threads(count, work):
    """Return what `work(number)` returned in each of many threads that start together."""
    results = [None] * count
    start = threading.Barrier(count)

    def run(number):
        start.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_from_an_endpoint_to_a_deployment_to_nothing(api):
    endpoint = api.endpoint("Shop", template="user_tracking")
    first = api.finalised(endpoint, name="First")
    environment = api.environment(endpoint, revision_id=first["id"], streams=2)
    assert api.table.get(pointer_key(environment["id"])).data["revision_id"] == first["id"]

    second = api.draft(endpoint, PRICE, NAME, clone_of=first["id"])
    assert second["field_count"] == 2
    path = f"/v1/revisions/{second['id']}"
    results = api.call("POST", f"{path}/validate", {"price": 1, "name": 7}).json["results"]
    assert [error["pointer"] for error in results[0]["errors"]] == ["/name"]
    assert api.call("POST", f"{path}/finalise", if_match='"2"').json["state"] == "finalised"
    assert api.call("PUT", f"{path}/fields", {"fields": []}, if_match='"3"').code == "revision_finalised"
    assert [item["key"] for item in api.table.get(revision_document_key(second["id"])).data["fields"]] == [
        "price",
        "name",
    ]

    deployments = f"/v1/environments/{environment['id']}/deployments"
    assert api.call("POST", deployments, {"revision_id": second["id"]}, if_match='"1"').status == 201
    assert api.call("POST", deployments, {"revision_id": first["id"], "note": "Back"}).status == 201
    assert [item["replaced"] for item in api.call("GET", deployments).json["items"]] == [
        second["id"],
        first["id"],
        None,
    ]
    assert api.table.get(pointer_key(environment["id"])).data["revision_id"] == first["id"]

    changed = api.call("PATCH", f"/v1/environments/{environment['id']}", {"on_invalid": "reject"}, if_match='"3"')
    assert (changed.status, changed.json["version"]) == (200, 4)
    assert api.call("DELETE", f"/v1/endpoints/{endpoint['id']}?confirm=shop").code == "confirmation_mismatch"
    assert api.call("DELETE", f"/v1/endpoints/{endpoint['id']}?confirm=Shop").status == 204
    assert api.table.get(pointer_key(environment["id"])).data["state"] == "deleted"
    for gone in (f"/v1/endpoints/{endpoint['id']}", path, f"/v1/environments/{environment['id']}", deployments):
        assert api.call("GET", gone).status == 404
    assert [message["action"] for message in api.queue.messages] == ["provision", "remove"]
    assert api.endpoint("Shop")["id"] != endpoint["id"]


def test_an_endpoint_goes_with_as_many_environments_as_it_may_have():
    made = Api()
    endpoint = made.endpoint()
    revision = made.finalised(endpoint)
    random = Random(1)
    bounds = dict.fromkeys(("streams", "changes"), MAX_STREAMS * MAX_ENVIRONMENTS_PER_ENDPOINT)
    assert made.call("PATCH", f"/v1/organisations/{made.organisation_id}", {"bounds": bounds}).status == 200
    settings = {"revision_id": revision["id"], "streams": MAX_STREAMS}
    environments = []
    for number in range(MAX_ENVIRONMENTS_PER_ENDPOINT):
        origins = [f"https://{random.randbytes(140).hex()}.com" for _ in range(MAX_ALLOWED_ORIGINS)]
        environments.append(made.environment(endpoint, f"E{number}", allowed_origins=origins, **settings))
    with dynamodb() as client:
        api = DynamoApi(client, made)
        assert api.call("DELETE", f"/v1/endpoints/{endpoint['id']}?confirm=Shop").status == 204
        pointers = [api.table.get(pointer_key(environment["id"])).data for environment in environments]
        assert [pointer["state"] for pointer in pointers] == ["deleted"] * MAX_ENVIRONMENTS_PER_ENDPOINT
        assert client.largest_transaction_bytes > 500_000


def test_names_are_unique_whatever_their_case(api):
    endpoint = api.endpoint("Äpfel")
    assert api.call("POST", "/v1/endpoints", {"name": "äPFEL"}).code == "name_taken"
    revision = api.finalised(endpoint, name="First")
    assert api.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {"name": "FIRST"}).code == "name_taken"
    api.environment(endpoint, "Live", revision_id=revision["id"])
    body = {"name": "live", "revision_id": revision["id"], "destination": MANAGED_S3}
    assert api.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", body).code == "name_taken"


def rejection(work):
    with pytest.raises(Rejected) as caught:
        work()
    return caught.value.code


def test_of_two_creates_of_one_name_the_second_is_refused(api):
    def create(name):
        return endpoints.create_endpoint(api.catalog, api.caller, name, None)

    code = rejection(lambda: api.overtake(lambda: create("Shop"), lambda: create("SHOP")))
    assert code == Problem.NAME_TAKEN
    assert [item["name"] for item in api.call("GET", "/v1/endpoints").json["items"]] == ["Shop"]


def test_of_two_trees_for_one_version_one_is_put(api):
    draft = api.draft(api.endpoint())
    caller = Call(api.caller.principal, "203.0.113.7", if_match=frozenset({1}))

    def put(field):
        return revisions.replace_fields(api.catalog, caller, draft["id"], [field])

    assert rejection(lambda: api.overtake(lambda: put(PRICE), lambda: put(NAME))) == Problem.VERSION_CONFLICT
    assert [item["key"] for item in api.call("GET", f"/v1/revisions/{draft['id']}").json["fields"]] == ["price"]


def test_a_key_used_twice_at_once_does_its_work_once(api):
    caller = Call(api.caller.principal, "203.0.113.7", idempotency=IdempotencyKey("key", "request"))
    results = []

    def create():
        results.append(endpoints.create_endpoint(api.catalog, caller, "Shop", None))

    api.overtake(create, create)
    assert results[0] == results[1]
    assert len(api.call("GET", "/v1/endpoints").json["items"]) == 1


def test_of_many_threads_that_create_one_name_one_does(api):
    def create(_):
        try:
            return endpoints.create_endpoint(api.catalog, api.caller, "Shop", None)["id"]
        except Rejected as refused:
            return refused.code

    outcomes = in_threads(6, create)
    assert outcomes.count(Problem.NAME_TAKEN) == 5
    assert [item["id"] for item in api.call("GET", "/v1/endpoints").json["items"]] == [
        outcome for outcome in outcomes if outcome != Problem.NAME_TAKEN
    ]


def test_many_threads_that_create_revisions_lose_none(api):
    endpoint = api.endpoint()
    made = in_threads(
        5, lambda number: revisions.create_revision(api.catalog, api.caller, endpoint["id"], name=f"R {number}")
    )
    listed = api.call("GET", f"/v1/endpoints/{endpoint['id']}/revisions").json["items"]
    assert {item["id"] for item in made} < {item["id"] for item in listed}
    assert {item["name"] for item in listed} == {"Revision 1", *(f"R {number}" for number in range(5))}


def test_a_repeated_post_with_its_key_does_nothing_again_for_a_day(api):
    first = api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key="k-1")
    again = api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key="k-1")
    assert (again.status, again.text, again.headers) == (first.status, first.text, first.headers)
    assert api.call("POST", "/v1/endpoints", {"name": "Other"}, idempotency_key="k-1").status == 422
    api.clock.now_ns += 86_401 * 1_000_000_000
    assert api.call("POST", "/v1/endpoints", {"name": "Other"}, idempotency_key="k-1").status == 201


def test_a_message_that_can_not_be_sent_waits_in_the_catalog(api):
    endpoint = api.endpoint()
    api.queue.unreachable = True
    environment = api.environment(endpoint)
    api.queue.unreachable = False
    assert send_waiting(api.table, api.queue) == (1, 0)
    assert api.queue.messages == [{"action": "provision", "environment_id": environment["id"]}]
    assert send_waiting(api.table, api.queue) == (0, 0)


def test_a_catalog_that_can_not_be_reached_is_503(api):
    def fail(*_):
        raise Undelivered("DynamoDB can't be reached.")

    api.client.before = fail
    assert api.call("GET", "/v1/me").code == "undeliverable"


@pytest.fixture(scope="module")
def crowded():
    """A deployment with 70 of everything that may be so many, and the ids of one of each."""
    made = Api()
    endpoint = made.endpoint("Endpoint 0")
    revision = made.finalised(endpoint)
    environment = made.environment(endpoint, "Live 0", revision_id=revision["id"])
    ids = {
        "organisation_id": made.organisation_id,
        "endpoint_id": endpoint["id"],
        "revision_id": revision["id"],
        "other_id": revision["id"],
        "environment_id": environment["id"],
    }
    for number in range(1, 70):
        made.endpoint(f"Endpoint {number}")
        made.draft(endpoint)
        deployments = f"/v1/environments/{environment['id']}/deployments"
        ids["deployment_id"] = made.call("POST", deployments, {"revision_id": revision["id"]}).json["id"]
        if number < MAX_ENVIRONMENTS_PER_ENDPOINT:
            made.environment(endpoint, f"Live {number}", revision_id=revision["id"])
    made.call("PUT", f"/v1/environments/{environment['id']}/custom-domain", A_DOMAIN)
    redrives = f"/v1/environments/{environment['id']}/redrives"
    for _ in range(70):
        redrive = made.call("POST", redrives, {"revision_id": revision["id"], "dry_run": True})
    ids["redrive_id"] = redrive.json["id"]
    taps = f"/v1/environments/{environment['id']}/taps"
    for _ in range(MAX_TAPS):
        ids["tap_id"] = made.call("POST", taps, {"seconds": 3_600, "sample": 1}).json["id"]
    trial = {"environment_id": environment["id"], "source": "delivered", "sample": 10}
    for _ in range(MAX_OPEN_TRIALS):
        ids["trial_id"] = made.call("POST", f"/v1/revisions/{revision['id']}/trials", trial).json["id"]
    for number in range(MAX_ALERT_TARGETS):
        hook = {"name": f"Target {number}", "kind": "webhook", "url": "https://hooks.example.com/alerts"}
        ids["target_id"] = made.call("POST", "/v1/alert-targets", hook).json["id"]
    alert = {"kind": "silence", "targets": [ids["target_id"]]}
    for _ in range(MAX_ALERTS):
        ids["alert_id"] = made.call("POST", f"/v1/environments/{environment['id']}/alerts", alert).json["id"]
    with dynamodb() as client:
        yield DynamoApi(client, made), ids


A_DOMAIN = {"domain": "events.example.com", "certificate": "managed"}
READS = [
    route
    for route in describe_routes().declared
    # What operators look into stands in queues and buckets, not in the catalog.
    if route.method == "GET" and not route.path.startswith("/v1/operations/")
]


NEEDED_QUERIES = {"/v1/revisions/{revision_id}/types": "?language=python"}


@pytest.mark.parametrize("route", READS, ids=lambda route: route.path)
def test_what_a_get_reads_does_not_grow_with_what_there_is(crowded, route):
    api, ids = crowded
    api.client.forget_counts()
    answer = api.call("GET", route.path.format_map(ids) + NEEDED_QUERIES.get(route.path, ""))
    assert answer.status == 200, answer.text
    # Some gets lead from the token over the owner to the thing itself; the rest is the page, and one more item.
    shown = len(answer.json["items"]) if "items" in answer.json else 0
    if route.path == "/v1/endpoints":
        shown *= 2  # each with its roster, which says how many environments it has
    batch = MAX_PAGE_ITEMS if route.path == "/v1/audit" else shown + 1  # the audit log is searched in batches
    assert sum(api.client.calls.values()) <= 12
    assert api.client.items_read <= 11 + batch


@pytest.mark.parametrize(
    "path",
    [
        "/v1/endpoints",
        "/v1/endpoints/{endpoint_id}/revisions",
        "/v1/environments/{environment_id}/deployments",
    ],
)
def test_a_page_in_the_middle_reads_as_much_as_the_first(crowded, path):
    api, ids = crowded
    first = path.format_map(ids) + "?limit=20"
    read, target = [], first
    for _ in range(3):
        api.client.forget_counts()
        page = api.call("GET", target).json
        assert len(page["items"]) == 20
        read.append((sum(api.client.calls.values()), api.client.items_read))
        target = f"{first}&cursor={page['next']}"
    assert len(set(read)) == 1
