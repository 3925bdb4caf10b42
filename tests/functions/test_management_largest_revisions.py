"""The largest revisions that the limits allow, from save to dry run, on SQLite and on DynamoDB."""

import json
from random import Random

import pytest

from adapters.dynamodb.table import DynamoTable
from adapters.sqlite.database import Database
from adapters.sqlite.table import SqliteTable
from domain.records.ports import Put
from schemas.items import pointer_key, revision_document_key
from schemas.limits import MAX_DESCRIPTION_CHARS, MAX_FIELDS, MAX_KEY_CHARS, MAX_V1_LARGE_BODY_BYTES
from tests.dynamodb_in_process import MAX_ITEM_BYTES, MAX_TRANSACTION_BYTES, TABLE, dynamodb
from tests.management_api import MANAGED_S3, Answer, Api, Clock

FULL_LEAVES = 750
"""Of these, each with all the text that it may have, a body holds no more."""


class Deployment(Api):
    """A deployment whose handler goes over to another table, to which it takes the items there are."""

    def __init__(self, make_table) -> None:
        super().__init__(clock=Clock())
        other = make_table(self.clock)
        for key, (version, text, _) in self.table._items.items():
            for expected in range(version):
                other.transact([Put(key, json.loads(text), expected)])
        self.table.get, self.table.query, self.table.transact = other.get, other.query, other.transact

    def send(self, event):
        """Leave the OpenAPI document out: holding answers of megabytes to it takes half a minute."""
        raw = self.handler(event, None)
        return Answer(raw["statusCode"], raw["headers"], raw["body"])

    def put_tree(self, revision_id, tree, version):
        """Send a tree as UTF-8, without the escapes that would take more bytes than the body may have."""
        raw = json.dumps({"fields": tree}, ensure_ascii=False, separators=(",", ":"))
        path = f"/v1/revisions/{revision_id}/fields"
        answer = self.call("PUT", path, raw=raw, content_type="application/json", if_match=f'"{version}"')
        return len(raw.encode()), answer


@pytest.fixture(params=["sqlite", "dynamodb"])
def api(request, tmp_path):
    """A deployment on SQLite, and one on a DynamoDB that takes nothing too large."""
    if request.param == "sqlite":
        database = Database(tmp_path / "state.db")
        yield Deployment(lambda clock: SqliteTable(database, clock))
        database.close()
        return
    with dynamodb() as client:
        yield Deployment(lambda clock: DynamoTable(client, TABLE, clock))
        assert 0 < client.largest_item_bytes <= MAX_ITEM_BYTES
        assert 0 < client.largest_transaction_bytes <= MAX_TRANSACTION_BYTES


def text(random, chars):
    """Return characters of four bytes each, which don't repeat."""
    return "".join(chr(random.randrange(0x10000, 0x110000)) for _ in range(chars))


def leaf(random, number):
    """Return a field with all the text and rules that it may have, and room left for all the others in a body."""
    patterns = [{"rule": "regex", "value": f"{text(random, 2)}|.*"} for _ in range(2)]
    lengths = [{"rule": "min_length", "value": 0}, {"rule": "max_length", "value": 2**31 - 1}]
    return {
        "key": f"k{number:03}_".ljust(MAX_KEY_CHARS, "x"),
        "type": "STRING",
        "presence": "optional",
        "description": text(random, MAX_DESCRIPTION_CHARS),
        "rules": [*patterns, *lengths, {"rule": "one_of", "value": [text(random, 44) for _ in range(14)]}],
    }


def deep_tree(count, make_leaf):
    """Return a tree of `count` fields on three levels: 6 roots with 4 children each, leaves below."""
    middles = [
        {"key": f"middle_{number}", "type": "OBJECT", "presence": "optional", "fields": []} for number in range(24)
    ]
    for number in range(count - 30):
        middles[number % 24]["fields"].append(make_leaf(number))
    return [
        {
            "key": f"root_{number}",
            "type": "OBJECT",
            "presence": "optional",
            "description": "ü" * MAX_DESCRIPTION_CHARS,
            "fields": middles[4 * number : 4 * number + 4],
        }
        for number in range(6)
    ]


def described(number):
    return {
        "key": f"leaf_{number}",
        "type": "INT",
        "presence": "optional",
        "description": f"{number} ".ljust(MAX_DESCRIPTION_CHARS, "ö"),
        "rules": [{"rule": "min_value", "value": number}],
    }


def carry_through(api, tree, count, event, pointers):
    """Take a tree from save to deployment, replaced and cloned on the way; return the bytes that its body had."""
    endpoint = api.endpoint()
    draft = api.draft(endpoint)
    size, saved = api.put_tree(draft["id"], tree, 1)
    assert (saved.status, saved.json["field_count"]) == (200, count), saved.text[:500]
    _, saved = api.put_tree(draft["id"], list(reversed(tree)), 2)
    path = f"/v1/revisions/{draft['id']}"
    assert api.call("GET", path).json == saved.json
    done = api.call("POST", f"{path}/finalise", idempotency_key="k-1")
    assert (done.status, done.json["state"]) == (200, "finalised")
    assert api.call("POST", f"{path}/finalise", idempotency_key="k-1").text == done.text
    assert api.table.get(revision_document_key(draft["id"])).data["fields"] == saved.json["fields"]

    clone = api.draft(endpoint, clone_of=draft["id"])
    assert clone["fields"] == saved.json["fields"]
    assert api.call("GET", f"{path}/diff/{clone['id']}").json == {"class": "none", "changes": []}
    assert api.call("DELETE", f"/v1/revisions/{clone['id']}").status == 204

    results = api.call("POST", f"{path}/validate", event).json["results"]
    assert [error["pointer"] for error in results[0]["errors"]] == pointers
    first = api.finalised(endpoint)
    changes = api.call("GET", f"/v1/revisions/{first['id']}/diff/{draft['id']}").json["changes"]
    assert {field["key"] for field in tree} <= {row["path"] for row in changes if row["change"] == "added"}
    environment = api.environment(endpoint, revision_id=first["id"], destination=MANAGED_S3)
    answer = api.call("POST", f"/v1/environments/{environment['id']}/deployments", {"revision_id": draft["id"]})
    assert answer.status == 201
    assert api.table.get(pointer_key(environment["id"])).data["revision_id"] == draft["id"]
    return size


def test_as_many_fields_as_there_may_be_on_three_levels_go_all_the_way(api):
    event = {"root_0": {"middle_0": {"leaf_0": 0, "leaf_24": 1}}}
    carry_through(api, deep_tree(MAX_FIELDS, described), MAX_FIELDS, event, ["/root_0/middle_0/leaf_24"])


def test_one_field_more_is_refused_and_says_why(api):
    draft = api.draft(api.endpoint())
    _, answer = api.put_tree(draft["id"], deep_tree(MAX_FIELDS + 1, described), 1)
    assert (answer.status, answer.code) == (422, "invalid_request")
    (error,) = answer.json["errors"]
    assert (error["pointer"], error["code"]) == ("/fields", "too_many")
    assert "2,000" in error["message"]
    assert api.call("GET", f"/v1/revisions/{draft['id']}").json == draft


@pytest.mark.slow
@pytest.mark.parametrize("api", ["dynamodb"], indirect=True)
def test_fields_with_all_the_text_and_rules_that_a_body_holds_go_all_the_way(api):
    random = Random(1)
    tree = [leaf(random, number) for number in range(FULL_LEAVES)]
    event = {tree[0]["key"]: tree[0]["rules"][-1]["value"][0], tree[1]["key"]: "none of them"}
    size = carry_through(api, tree, FULL_LEAVES, event, [f"/{tree[1]['key']}"])
    assert size > 0.97 * MAX_V1_LARGE_BODY_BYTES
