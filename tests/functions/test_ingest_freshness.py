"""How soon a change of the catalog is in force on a warm handler, and what stays in force without a catalog."""

import json

import pytest

from domain.intake import directory
from schemas.items import host_key, pointer_key, revision_document_key
from tests.front_doors import http_api_event

STRICT = [{"key": "must", "type": "INT", "presence": "required"}]
VALID = {"name": "view"}
PROMISE_SECONDS = 5.0
OUTAGE_SECONDS = 15 * 60


@pytest.fixture
def environment_id(world):
    return world.add_environment()


def reads_of(world, key):
    return world.catalog.reads.count(key)


def test_a_deploy_and_its_roll_back_are_in_force_within_five_seconds(world, environment_id):
    old, new = world.pointer(environment_id)["revision_id"], world.add_revision(STRICT)
    assert world.post(environment_id, VALID).status == 200
    for revision_id, status in ((new, 400), (old, 200), (new, 400)):
        world.change(environment_id, revision_id=revision_id)
        world.clock.forward(PROMISE_SECONDS)
        answer = world.post(environment_id, VALID)
        assert (answer.status, answer.headers["x-revision-id"]) == (status, revision_id)


def test_a_pointer_is_read_again_only_when_it_is_old(world, environment_id):
    for _ in range(100):
        world.post(environment_id, VALID)
        world.clock.forward(0.2)
    assert 4 <= reads_of(world, pointer_key(environment_id)) <= 6
    revision_id = world.pointer(environment_id)["revision_id"]
    assert reads_of(world, revision_document_key(revision_id)) == 1


def test_no_answer_is_older_than_five_seconds_however_often_requests_come(world, environment_id):
    for pause in (0.01, 0.3, 0.9, 1.7, 3.9, 4.1, 4.9, 60):
        for state, status in (("deleted", 410), ("active", 200)):
            world.change(environment_id, state=state)
            changed_at = world.clock.monotonic()
            while world.post(environment_id, VALID).status != status:
                assert world.clock.monotonic() - changed_at < PROMISE_SECONDS
                world.clock.forward(pause)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"state": "deleted"}, 410),
        ({"plan_exhausted": True}, 402),
        ({"allowed_origins": ["https://other.example"]}, 403),
        ({"state": "failed"}, 503),
    ],
)
def test_every_part_of_a_pointer_is_in_force_within_five_seconds(world, environment_id, change, status):
    headers = {"origin": "https://shop.example.com"}
    assert world.post(environment_id, VALID, headers=headers).status == 200
    before = world.pointer(environment_id)
    world.change(environment_id, **change)
    world.clock.forward(PROMISE_SECONDS)
    assert world.post(environment_id, VALID, headers=headers).status == status
    world.change(**before)
    world.clock.forward(PROMISE_SECONDS)
    assert world.post(environment_id, VALID, headers=headers).status == 200


def test_new_streams_and_a_new_policy_are_in_force_within_five_seconds(world, environment_id):
    world.post(environment_id, VALID)
    world.change(environment_id, streams=["another"], on_invalid="reject")
    world.clock.forward(PROMISE_SECONDS)
    world.post(environment_id, [VALID, {}])
    assert [stream for stream, _ in world.streams.taken][-1] == "another"
    assert world.quarantined() == []


def test_an_event_is_validated_stamped_and_answered_under_one_revision(world, environment_id):
    world.post(environment_id, VALID)
    new = world.add_revision(STRICT)
    old = world.pointer(environment_id)["revision_id"]
    world.change(environment_id, revision_id=new)
    for _ in range(50):
        for body in (VALID, {"must": 1}):
            answer = world.post(environment_id, body)
            assert answer.headers["x-revision-id"] == (old if (body == VALID) == (answer.status == 200) else new)
        world.clock.forward(0.2)
    for event in world.events():
        assert event["_revision_id"] == (new if "must" in event else old)
    for event in world.quarantined():
        assert event.revision_id == (new if "name" in json.loads(event.raw) else old)
    rows = [row for call in world.usage.calls for row in call]
    assert {row.revision_id for row in rows} <= {old, new}


def test_an_environment_that_becomes_ready_takes_events_within_a_second(world):
    environment_id = world.add_environment(state="provisioning")
    assert world.post(environment_id, VALID).code == "not_ready"
    world.change(environment_id, state="active")
    world.clock.forward(1.0)
    assert world.post(environment_id, VALID).status == 200


def test_an_unknown_id_is_asked_for_once_and_found_when_it_comes_to_be(world, environment_id):
    text = world.catalog.items.pop(pointer_key(environment_id))
    for _ in range(100):
        assert world.post(environment_id, VALID).status == 404
    assert len(world.catalog.reads) == 1
    world.catalog.items[pointer_key(environment_id)] = text
    world.clock.forward(PROMISE_SECONDS)
    assert world.post(environment_id, VALID).status == 200


def test_an_id_that_vanishes_is_unknown_within_five_seconds(world, environment_id):
    assert world.post(environment_id, VALID).status == 200
    del world.catalog.items[pointer_key(environment_id)]
    world.clock.forward(PROMISE_SECONDS)
    for _ in range(10):
        assert world.post(environment_id, VALID).status == 404
    assert reads_of(world, pointer_key(environment_id)) == 2


def test_what_could_be_no_id_or_host_never_asks_the_catalog(world):
    for name in ("x", "env_", "env_é" + "0" * 25, "env_" + "0" * 500, "env_../../x", "ENV_" + "0" * 26, "env_0\n"):
        assert world.send(http_api_event("POST", f"/e/{name}", body="{}")).status == 404
    for host in ("", "x", "a" * 300 + ".example", "a..b", "a_b.example", "münchen.example", "1.2.3.4:80:80", "[::1]"):
        assert world.send(http_api_event("POST", "/", body="{}", host=host)).status == 404
    assert world.catalog.reads == [host_key("1.2.3.4")]


def test_a_custom_domain_follows_its_entry_within_five_seconds(world, environment_id):
    other_id = world.add_environment(STRICT)
    event = http_api_event("POST", "/", body=json.dumps(VALID), host="events.shop.example.com")
    assert world.send(event).status == 404
    world.add_host("events.shop.example.com", environment_id)
    world.clock.forward(PROMISE_SECONDS)
    assert world.send(event).status == 200
    world.add_host("events.shop.example.com", other_id)
    world.clock.forward(PROMISE_SECONDS)
    assert world.send(event).status == 400
    del world.catalog.items[host_key("events.shop.example.com")]
    world.clock.forward(PROMISE_SECONDS)
    assert world.send(event).status == 404


def test_a_deploy_behind_a_custom_domain_is_in_force_within_five_seconds(world, environment_id):
    world.add_host("events.shop.example.com", environment_id)
    event = http_api_event("POST", "/", body=json.dumps(VALID), host="events.shop.example.com")
    assert world.send(event).status == 200
    world.change(environment_id, revision_id=world.add_revision(STRICT))
    world.clock.forward(PROMISE_SECONDS)
    assert world.send(event).status == 400


def test_without_a_catalog_a_handler_goes_on_for_15_minutes_and_recovers(world, environment_id):
    assert world.post(environment_id, VALID).status == 200
    world.catalog.unreachable = True
    for _ in range(int(OUTAGE_SECONDS / 10)):
        world.clock.forward(10)
        assert world.post(environment_id, VALID).status == 200
    world.clock.forward(PROMISE_SECONDS)
    answer = world.post(environment_id, VALID)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "undeliverable", "5")
    taken = len(world.events())
    world.catalog.unreachable = False
    world.clock.forward(1)
    assert world.post(environment_id, VALID).status == 200
    assert len(world.events()) == taken + 1


def test_without_a_catalog_a_custom_domain_goes_on_as_long(world, environment_id):
    world.add_host("events.shop.example.com", environment_id)
    event = http_api_event("POST", "/", body=json.dumps(VALID), host="events.shop.example.com")
    assert world.send(event).status == 200
    world.catalog.unreachable = True
    world.clock.forward(OUTAGE_SECONDS - 1)
    assert world.send(event).status == 200
    world.clock.forward(2 + PROMISE_SECONDS)
    assert world.send(event).status == 503
    world.catalog.unreachable = False
    world.clock.forward(1)
    assert world.send(event).status == 200


def test_without_a_catalog_what_was_never_seen_is_503_not_404(world, environment_id):
    world.catalog.unreachable = True
    answer = world.post(environment_id, VALID)
    assert (answer.status, answer.code) == (503, "undeliverable")
    assert "x-revision-id" not in answer.headers
    host = world.send(http_api_event("POST", "/", body="{}", host="events.shop.example.com"))
    assert host.status == 503


def test_a_deploy_whose_revision_cannot_be_read_yet_leaves_the_old_one_in_force(world, environment_id):
    old = world.pointer(environment_id)["revision_id"]
    assert world.post(environment_id, VALID).status == 200
    world.change(environment_id, revision_id="rev_notyet")
    world.clock.forward(PROMISE_SECONDS)
    assert world.post(environment_id, VALID).headers["x-revision-id"] == old


def test_a_catalog_in_trouble_is_not_asked_at_every_request(world, environment_id):
    world.post(environment_id, VALID)
    world.catalog.unreachable = True
    world.clock.forward(PROMISE_SECONDS)
    world.catalog.reads.clear()
    for _ in range(1_000):
        assert world.post(environment_id, VALID).status == 200
        world.clock.forward(0.01)
    assert len(world.catalog.reads) <= 21


def test_a_catalog_in_trouble_is_not_asked_at_every_request_of_a_custom_domain(world, environment_id):
    world.add_host("events.shop.example.com", environment_id)
    event = http_api_event("POST", "/", body=json.dumps(VALID), host="events.shop.example.com")
    world.send(event)
    world.catalog.unreachable = True
    world.clock.forward(PROMISE_SECONDS)
    world.catalog.reads.clear()
    for _ in range(1_000):
        assert world.send(event).status == 200
        world.clock.forward(0.01)
    assert len(world.catalog.reads) <= 21


def test_after_15_minutes_without_a_catalog_it_is_still_not_asked_at_every_request(world, environment_id):
    world.post(environment_id, VALID)
    world.catalog.unreachable = True
    world.clock.forward(OUTAGE_SECONDS + PROMISE_SECONDS)
    world.catalog.reads.clear()
    for _ in range(1_000):
        assert world.post(environment_id, VALID).status == 503
        world.clock.forward(0.01)
    assert len(world.catalog.reads) <= 21


def test_a_catalog_in_trouble_is_not_asked_at_every_request_for_what_was_never_seen(world, environment_id):
    world.catalog.unreachable = True
    for _ in range(1_000):
        assert world.post(environment_id, VALID).status == 503
        world.clock.forward(0.01)
    assert len(world.catalog.reads) <= 21
    world.catalog.unreachable = False
    world.clock.forward(1.0)
    assert world.post(environment_id, VALID).status == 200


def test_one_failed_reading_delays_no_deploy_beyond_five_seconds(world, environment_id):
    world.post(environment_id, VALID)
    revision_id = world.add_revision(STRICT)
    world.change(environment_id, revision_id=revision_id)
    world.clock.forward(3.5)
    world.catalog.unreachable = True
    assert world.post("env_0000000000000000000000none", VALID).status == 503
    world.catalog.unreachable = False
    world.clock.forward(0.99)
    world.post(environment_id, VALID)
    world.clock.forward(PROMISE_SECONDS - 4.49)
    assert world.post(environment_id, VALID).headers["x-revision-id"] == revision_id


def test_thousands_of_unknown_ids_are_remembered_in_bounded_memory(world, environment_id):
    world.post(environment_id, VALID)
    event = http_api_event("POST", "/e/", body="{}")
    for number in range(12_000):
        event["rawPath"] = f"/e/env_unknown{number:020d}"
        assert world.send(event).status == 404
    assert len(world.directory._unknown) <= directory.MAX_UNKNOWN_KEPT
    assert len(world.catalog.reads) == 12_002
    assert world.send(event).status == 404
    assert len(world.catalog.reads) == 12_002
    assert world.post(environment_id, VALID).status == 200
    assert len(world.catalog.reads) == 12_002


def test_environments_and_revisions_are_kept_in_bounded_memory_and_read_again(world, monkeypatch):
    monkeypatch.setattr(directory, "MAX_ENVIRONMENTS_KEPT", 20)
    monkeypatch.setattr(directory, "MAX_REVISIONS_KEPT", 30)
    ids = [world.add_environment() for _ in range(100)]
    for environment_id in ids * 2:
        assert world.post(environment_id, VALID).status == 200
    assert len(world.directory._environments) <= 20
    assert len(world.directory._revisions) <= 30
    newest = ids[-1]
    world.catalog.reads.clear()
    assert world.post(newest, VALID).status == 200
    assert world.catalog.reads == []


def test_hosts_are_kept_in_bounded_memory(world, environment_id, monkeypatch):
    monkeypatch.setattr(directory, "MAX_ENVIRONMENTS_KEPT", 20)
    for number in range(100):
        world.add_host(f"h{number}.example.com", environment_id)
        answer = world.send(http_api_event("POST", "/", body=json.dumps(VALID), host=f"h{number}.example.com"))
        assert answer.status == 200
    assert len(world.directory._hosts) <= 20
