"""Half a character in a key of a JSON field is that event's fault, told at a pointer that an answer can hold."""

import pytest

from tests.ingest_world import World

FIELDS = [
    {"key": "j", "type": "JSON", "presence": "optional"},
    {"key": "l", "type": "ARRAY_JSON", "presence": "optional"},
    {"key": "n", "type": "INT", "presence": "optional"},
]


@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize(
    ("event", "pointers"),
    [
        ('{"j":{"\\ud800":1e400}}', {"/j", "/j/\\ud800"}),
        ('{"j":{"\\ud800":"\\ud800"}}', {"/j", "/j/\\ud800"}),
        ('{"j":{"\\ud800":{"a":"\\udc00"}}}', {"/j", "/j/\\ud800/a"}),
        ('{"l":[{"\\ud800":"\\ud800"}]}', {"/l/0", "/l/0/\\ud800"}),
    ],
)
def test_it_is_told_and_its_neighbours_are_accepted(additional_keys, event, pointers):
    world = World()
    environment_id = world.add_environment(FIELDS, additional_keys, on_invalid="quarantine")
    for body, content_type in (
        (f'[{{"n":1}},{event},{{"n":2}}]', "application/json"),
        (f'{{"n":1}}\n{event}\n{{"n":2}}', "application/x-ndjson"),
    ):
        answer = world.post(environment_id, body, content_type)
        assert answer.status == 200
        assert [row["outcome"] for row in answer.json["results"]] == ["accepted", "quarantined", "accepted"]
        assert {error["pointer"] for error in answer.json["results"][1]["errors"]} == pointers
    assert len(world.events()) == 4
    assert len(world.quarantined()) == 2
    assert world.counted()["accepted"] == 4
    alone = world.post(environment_id, event)
    assert alone.status == 400
    assert len(world.quarantined()) == 3


@pytest.mark.parametrize("route", ["/v1/track", "/ndjson", "/track"])
def test_it_is_told_in_other_protocols(route):
    world = World()
    environment_id = world.add_environment([{**FIELDS[0], "from": "properties"}], "keep")
    body = '{"event":"e","type":"track","properties":{"\\ud800":{"a":1e400}}}'
    answer = world.request("POST", environment_id + route, body=body, headers={"content-type": "application/json"})
    assert answer.status < 500
    assert len(world.quarantined()) == 1
