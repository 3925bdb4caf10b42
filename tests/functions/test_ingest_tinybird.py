"""Requests of Tinybird's Events API, as its SDK sent them and as it might, through the whole handler."""

import gzip
import json

import pytest

from tests.endings import ENDINGS, OUTCOME, ended
from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import World
from tests.recorded import CUSTOM_DOMAIN, recording

ROUTE = "/v0/events"
NEEDS_TOTAL = [{"key": "total", "type": "FLOAT", "presence": "required"}]


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    return world.add_environment([], "keep")


def post(world, environment_id, body, query=(("name", "orders"),), **headers):
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    event = http_api_event("POST", f"/e/{environment_id}{ROUTE}", body=body, headers=headers, query=query)
    return world.send(event)


def stored(world):
    return [{key.removeprefix("/"): value for key, value in event["_extra"].items()} for event in world.events()]


@pytest.mark.parametrize("front_door", FRONT_DOORS.values(), ids=list(FRONT_DOORS))
def test_every_row_of_a_sender_arrives_once(world, environment_id, front_door):
    world.add_host(CUSTOM_DOMAIN, environment_id)
    held = recording("tinybird-node")
    taken = 0
    for request in held.requests:
        answer = world.send(request.event(CUSTOM_DOMAIN, front_door))
        assert (answer.status, answer.json["quarantined_rows"]) == (200, 0)
        taken += answer.json["successful_rows"]
    own = [json.dumps(event) for event in stored(world)]
    assert taken == len(own) == len(held.marks)
    assert all(any(mark in event for event in own) for mark in held.marks)
    assert {event["datasource"] for event in stored(world)} == {"orders"}
    assert "wk_probe" not in json.dumps(own)


ROWS = [{"total": 1, "text": "}{"}, {"total": 2}]


@pytest.mark.parametrize(
    "body",
    [
        "\n".join(map(json.dumps, ROWS)) + "\n",
        "".join(map(json.dumps, ROWS)),
        "\n\n".join(json.dumps(row, indent=1) for row in ROWS),
        json.dumps(ROWS),
        gzip.compress("\n".join(map(json.dumps, ROWS)).encode()),
    ],
    ids=["lines", "documents", "indented", "array", "gzip"],
)
def test_rows_are_read_however_they_are_written(world, environment_id, body):
    assert post(world, environment_id, body).json["successful_rows"] == 2
    assert stored(world) == [{**row, "datasource": "orders"} for row in ROWS]


def test_a_row_that_names_its_data_source_keeps_the_name(world, environment_id):
    post(world, environment_id, {"datasource": "own"})
    post(world, environment_id, {"total": 1}, ())
    assert stored(world) == [{"datasource": "own"}, {"total": 1}]


@pytest.mark.parametrize("wrap", ["{}", "[{}]", "{}\n"], ids=["document", "array", "line"])
@pytest.mark.parametrize(
    "row", ["{}", "{ }", '{"datasource": null}', '{ "datasource" : null }', '{"datasourc\\u0065": null}']
)
def test_a_row_without_a_name_has_that_of_the_query_and_no_other(world, environment_id, row, wrap):
    assert post(world, environment_id, wrap.replace("{}", row)).json["successful_rows"] == 1
    assert stored(world) == [{"datasource": "orders"}]


def test_a_name_of_the_query_may_be_any_text(world, environment_id):
    post(world, environment_id, {"total": 1}, [("name", 'caf\u00e9 "1"')])
    assert stored(world) == [{"total": 1, "datasource": 'caf\u00e9 "1"'}]


@pytest.mark.parametrize("text", ['{"total": NaN}', '{"total": 1,}', '{"a":1},{"a":2}', "{:}"])
def test_a_row_that_no_line_can_hold_is_kept_as_it_came(world, environment_id, text):
    answer = post(world, environment_id, f'{{"total": 1}}\n{text}')
    assert (answer.json["successful_rows"], answer.json["quarantined_rows"]) == (1, 1)
    (found,) = world.quarantined()
    assert found.raw.replace(b',"datasource":"orders"', b"").replace(b": ", b":") == text.encode().replace(b": ", b":")


def test_a_row_that_is_not_json_is_refused_alone(world):
    environment_id = world.add_environment(NEEDS_TOTAL)
    answer = post(world, environment_id, '{"total": 1}\n{"total": \n{"total": 2}\n7\n{"total": "x"}')
    assert (answer.status, answer.json["successful_rows"], answer.json["quarantined_rows"]) == (200, 2, 3)
    outcomes = [row["outcome"] for row in answer.json["results"]]
    assert outcomes == ["accepted", "quarantined", "accepted", "quarantined", "quarantined"]
    assert {found.protocol for found in world.quarantined()} == {"tinybird"}


def test_numbers_keep_their_digits(world):
    environment_id = world.add_environment(NEEDS_TOTAL)
    post(world, environment_id, '{"n": 12345678901234567890123}')
    assert b'"n": 12345678901234567890123' in world.quarantined()[0].raw


def test_a_thousand_rows_are_taken_and_one_more_is_413(world, environment_id):
    assert post(world, environment_id, '{"total": 1}\n' * 1_000).json["successful_rows"] == 1_000
    assert post(world, environment_id, '{"total": 1}\n' * 1_001).status == 413


def test_an_idempotency_key_counts_since_there_are_no_ids(world, environment_id):
    for _ in range(2):
        post(world, environment_id, "\n".join(map(json.dumps, ROWS)), idempotency_key="k")
        world.clock.forward(5)
    ids = [found["_event_id"] for found in world.events()]
    assert ids[:2] == ids[2:]


def test_the_token_of_a_sender_is_the_write_key_that_an_environment_may_ask_for(world, environment_id):
    world.change(environment_id, write_keys=["p.token"])
    assert post(world, environment_id, "{}", authorization="Bearer p.token").status == 200
    assert post(world, environment_id, "{}", [("token", "p.token")]).status == 200
    assert post(world, environment_id, "{}").status == 401


STATUSES = {
    "accepted": 200,
    "quarantined": 200,
    "rejected": 400,
    "rate_limited": 429,
    "plan_exhausted": 402,
    "undeliverable": 503,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_answer_says_whether_it_is_worth_a_repeat(ending):
    _, answer = ended(ending, lambda world, found: post(world, found, "{}"))
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (STATUSES[ending], OUTCOME.get(ending, ending))
    assert ("error" in answer.json) is (answer.status != 200)
    assert ("retry-after" in answer.headers) is (answer.status in {429, 503})


def test_over_the_rate_a_sender_is_told_how_long_to_wait_as_tinybird_tells_it():
    _, answer = ended("rate_limited", lambda world, found: post(world, found, "{}"))
    told = {name: answer.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset")}
    assert told == {"limit": "1", "remaining": "0", "reset": answer.headers["retry-after"]}
    assert (answer.json["rate_limit"], answer.json["retry_after"]) == (1, int(answer.headers["retry-after"]))
