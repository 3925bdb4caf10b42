"""Taps as the API makes, shows and ends them, and the events that they kept."""

import orjson
import pytest

from domain.live.packing import packed_lines
from domain.live.ports import Chunk, Expiry
from domain.live.reading import Patience
from domain.live.state import TapState
from domain.metering.ports import UsageSums
from domain.records import keys
from domain.records.caller import Role
from domain.records.ports import Put
from functions.management.examples.running import RUNNING_EXAMPLES
from schemas.items import pointer_key
from schemas.limits import MAX_OWN_TAP_WAITS, MAX_TAP_WAITS, MAX_TAPS, TAP_KEPT_SECONDS
from schemas.models.tap import TappedEvent
from tests.management_api import MANAGED_S3, PRICE, START_NS

SECONDS = START_NS // 1_000_000_000
NONE = {"outcome": None, "code": None, "event_name": None}


@pytest.fixture
def environment(api):
    return api.environment(api.endpoint())


def start(api, environment, **asked):
    return api.call("POST", f"/v1/environments/{environment['id']}/taps", {"seconds": 60, "sample": 10, **asked})


def pointed(api, environment):
    return api.table.get(pointer_key(environment["id"])).data


def later(api, seconds):
    api.clock.now_ns += seconds * 1_000_000_000


def keep(api, tap, *numbers, written_at=SECONDS):
    """Keep one chunk of events, told apart by their index."""
    version, stored = api.taps.state(tap["id"])
    state = TapState(stored)
    lines = [orjson.dumps({**RUNNING_EXAMPLES[TappedEvent], "index": number}) for number in numbers]
    chunk = Chunk(state.add_chunk(len(lines), sum(map(len, lines))), written_at, packed_lines(lines))
    api.taps.append(
        tap["id"], version, state.stored(), chunk, state.first, Expiry(written_at + 3_600, written_at + 7_200)
    )


def read(api, tap, query=""):
    answer = api.call("GET", f"/v1/taps/{tap['id']}/events{query}")
    assert answer.status == 200, answer.text
    return answer.json


def indexes(page):
    return [event["index"] for event in page["items"]]


def test_a_tap_runs_for_its_time_and_stands_in_the_pointer_meanwhile(api, environment):
    answer = start(api, environment, only={"outcome": "quarantined", "code": "required"})
    tap = answer.json
    assert (answer.status, answer.headers["Location"]) == (201, f"/v1/taps/{tap['id']}")
    assert tap == {
        "id": tap["id"],
        "environment_id": environment["id"],
        "state": "running",
        "until": "2026-11-23T08:01:00.000Z",
        "seconds": 60,
        "sample": 10,
        "only": {"outcome": "quarantined", "code": "required", "event_name": None},
        "protected": False,
        "who": tap["who"],
        "created_at": tap["created_at"],
        "updated_at": tap["created_at"],
        "version": 1,
    }
    only = {"outcome": "quarantined", "code": "required"}
    lease = {"id": tap["id"], "until": SECONDS + 60, "sample": 10, "only": only, "share": 1.0, "told_at": SECONDS}
    assert pointed(api, environment)["taps"] == [lease]
    assert api.call("GET", f"/v1/environments/{environment['id']}/taps").json == {"items": [tap], "next": None}
    later(api, 60)
    assert api.call("GET", f"/v1/environments/{environment['id']}/taps").json["items"] == []
    assert api.call("GET", f"/v1/taps/{tap['id']}").json == {**tap, "state": "ended"}


def test_a_pointer_without_taps_says_nothing_of_them(api, environment):
    assert not {"taps", "taps_protected"} & pointed(api, environment).keys()
    tap = start(api, environment).json
    assert api.call("DELETE", f"/v1/taps/{tap['id']}").status == 204
    assert not {"taps", "taps_protected"} & pointed(api, environment).keys()


@pytest.mark.parametrize(
    ("asked", "at"),
    [
        ({"seconds": 0}, "/seconds"),
        ({"seconds": 3_601}, "/seconds"),
        ({"sample": 0}, "/sample"),
        ({"sample": 101}, "/sample"),
        ({"sample": "most"}, "/sample"),
        ({"only": {"outcome": "limited"}}, "/only/outcome"),
        ({"only": {"code": "unheard_of"}}, "/only/code"),
        ({"only": {"event_name": ""}}, "/only/event_name"),
        ({"only": {"pointer": "/a"}}, "/only/pointer"),
        ({"only": None}, "/only"),
    ],
)
def test_what_a_tap_can_not_be_is_told_at_its_place(api, environment, asked, at):
    answer = start(api, environment, **asked)
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [at]


def test_few_taps_of_an_environment_run_at_the_same_time(api, environment):
    for _ in range(MAX_TAPS):
        assert start(api, environment).status == 201
    refused = start(api, environment)
    assert (refused.status, refused.code) == (409, "limit_reached")
    assert start(api, api.environment(api.endpoint("Other"))).status == 201
    later(api, 60)
    assert start(api, environment).status == 201
    assert len(pointed(api, environment)["taps"]) == 1


def test_a_tap_is_listed_however_many_have_ended_since_it_was_started(api, environment):
    first = start(api, environment, seconds=3_600).json
    for _ in range(4 * MAX_TAPS):
        later(api, 1)
        start(api, environment, seconds=1)
    later(api, 1)
    last = start(api, environment).json
    listed = api.call("GET", f"/v1/environments/{environment['id']}/taps").json["items"]
    assert [tap["id"] for tap in listed] == [first["id"], last["id"]]


def test_a_deploy_and_a_changed_setting_leave_a_tap_running(api, environment):
    tap = start(api, environment).json
    leases = pointed(api, environment)["taps"]
    api.call("POST", f"/v1/environments/{environment['id']}/deployments", {"revision_id": environment["revision_id"]})
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"rate_limit": 7})
    assert pointed(api, environment)["taps"] == leases
    assert api.call("GET", f"/v1/taps/{tap['id']}").json["state"] == "running"


def test_a_lease_that_ended_leaves_the_pointer_with_a_later_change(api, environment):
    start(api, environment)
    later(api, 60 + 200)
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"rate_limit": 7})
    assert "taps" not in pointed(api, environment)


@pytest.mark.parametrize("settings", [{"taps": "protected"}, {"quarantine_protected": True}])
def test_the_setting_protects_taps_that_run_already(api, environment, settings):
    tap = start(api, environment).json
    assert "taps_protected" not in pointed(api, environment)
    changed = api.call("PATCH", f"/v1/environments/{environment['id']}", settings).json
    assert settings.items() <= changed.items()
    assert pointed(api, environment)["taps_protected"] is True
    assert api.call("GET", f"/v1/taps/{tap['id']}").json["protected"] is True
    later(api, 60)
    assert start(api, environment).json["protected"] is True
    assert pointed(api, environment)["taps_protected"] is True


def test_where_taps_are_off_none_starts_and_none_is_read(api, environment):
    tap = start(api, environment).json
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"taps": "off"})
    assert "taps" not in pointed(api, environment)
    assert api.call("GET", f"/v1/taps/{tap['id']}").json["state"] == "ended"
    assert (start(api, environment).status, start(api, environment).code) == (409, "taps_off")
    assert api.call("GET", f"/v1/taps/{tap['id']}/events").code == "taps_off"


def test_what_a_deleted_tap_kept_is_not_found_any_more(api, environment):
    tap, other = start(api, environment).json, start(api, environment).json
    keep(api, tap, 1)
    assert api.call("DELETE", f"/v1/taps/{tap['id']}", if_match='"9"').code == "version_conflict"
    assert api.call("DELETE", f"/v1/taps/{tap['id']}", if_match='"1"').status == 204
    assert [lease["id"] for lease in pointed(api, environment)["taps"]] == [other["id"]]
    for method, path in (("GET", ""), ("GET", "/events"), ("DELETE", "")):
        assert api.call(method, f"/v1/taps/{tap['id']}{path}").status == 404


def test_a_tap_that_ended_can_be_read_for_an_hour(api, environment):
    tap = start(api, environment).json
    later(api, 60 + TAP_KEPT_SECONDS - 1)
    keep(api, tap, 1, written_at=SECONDS + 60)
    assert indexes(read(api, tap)) == [1]
    later(api, 1)
    assert api.call("GET", f"/v1/taps/{tap['id']}").status == 404


def test_the_taps_of_a_deleted_environment_are_gone(api, environment):
    tap = start(api, environment).json
    api.call("DELETE", f"/v1/environments/{environment['id']}?confirm=Live")
    assert api.call("GET", f"/v1/taps/{tap['id']}").status == 404
    assert "taps" not in pointed(api, environment)


def test_events_are_read_once_oldest_first(api, environment):
    tap = start(api, environment).json
    empty = read(api, tap)
    assert empty == {"items": [], "cursor": "1.0", "left_out": 0, "dropped": 0, "state": "running"}
    keep(api, tap, 1, 2, 3)
    first = read(api, tap, f"?limit=2&after={empty['cursor']}")
    assert indexes(first) == [1, 2]
    keep(api, tap, 4)
    second = read(api, tap, f"?after={first['cursor']}")
    assert indexes(second) == [3, 4]
    assert read(api, tap, f"?after={second['cursor']}") == {**empty, "cursor": second["cursor"]}
    assert indexes(read(api, tap)) == [1, 2, 3, 4]


def test_events_older_than_an_hour_are_not_read(api, environment):
    tap = start(api, environment, seconds=3_600).json
    keep(api, tap, 1)
    later(api, 1_800)
    keep(api, tap, 2, written_at=SECONDS + 1_800)
    later(api, 1_800)
    assert indexes(read(api, tap)) == [2]


@pytest.mark.parametrize("after", ["x", "1", "-1.0", "1.0.0", "1.0%0a", "99999999999.0", "٣.0"])
def test_a_cursor_that_is_none_is_told(api, environment, after):
    tap = start(api, environment).json
    answer = api.call("GET", f"/v1/taps/{tap['id']}/events?after={after}")
    assert (answer.status, answer.pointers) == (422, ["/after"])


@pytest.mark.parametrize("after", ["7.3", "999999999.999999", "0.0"])
def test_a_cursor_of_a_place_that_is_not_there_gives_what_is_kept(api, environment, after):
    tap = start(api, environment).json
    keep(api, tap, 1)
    assert indexes(read(api, tap, f"?after={after}")) == [1]


def test_a_request_waits_for_the_next_event_and_no_longer_than_it_was_told(api, environment):
    tap = start(api, environment).json
    pauses = []
    now = [0.0]

    def pause(seconds):
        pauses.append(seconds)
        now[0] += seconds
        if len(pauses) == 3:
            keep(api, tap, 1)

    api.handler = api.serve(patience=Patience(lambda: now[0], pause))
    assert indexes(read(api, tap, "?wait=10")) == [1]
    assert (len(pauses), now[0]) == (3, 1.5)
    assert read(api, tap, "?wait=3&after=2.0")["items"] == []
    assert now[0] == 4.5
    later(api, 60)
    assert read(api, tap, "?wait=3&after=2.0")["state"] == "ended"
    assert now[0] == 4.5


def organisation_with_a_tap(api, number):
    """Return a token of another organisation, and a tap of it."""
    token = f"iet_{number}"
    api.add_member(Role.OWNER, token=token, organisation=f"org_{number}")
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Shop"}, token=token).json
    (revision,) = api.call("GET", f"/v1/endpoints/{endpoint['id']}/revisions", token=token).json["items"]
    path = f"/v1/revisions/{revision['id']}"
    api.call("PUT", f"{path}/fields", {"fields": [PRICE]}, token=token, if_match='"1"')
    api.call("POST", f"{path}/finalise", token=token)
    asked = {"name": "Production", "revision_id": revision["id"], "destination": MANAGED_S3}
    made = api.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", asked, token=token).json
    path = f"/v1/environments/{made['id']}/taps"
    return token, api.call("POST", path, {"seconds": 60, "sample": 10}, token=token).json


def test_a_bounded_number_of_requests_wait_at_a_time_and_of_each_organisation_only_its_share(api):
    a, b, c, d = (organisation_with_a_tap(api, number) for number in range(4))
    asking = iter([a, a, a, b, b, b, c, c, d])
    waiting, now = [], [0.0]

    def ask_on():
        for token, tap in asking:
            waiting.append(token)
            answer = api.call("GET", f"/v1/taps/{tap['id']}/events?wait=10", token=token)
            assert (answer.status, answer.json["items"]) == (200, [])
            if now[0] == 0.0:
                waiting.pop()  # it was answered at once, while others wait

    def pause(seconds):
        ask_on()  # further requests, while this one waits
        now[0] += seconds

    api.handler = api.serve(patience=Patience(lambda: now[0], pause, pause_seconds=10.0))
    ask_on()
    assert waiting == [a[0], a[0], b[0], b[0], c[0]]
    assert (MAX_TAP_WAITS, MAX_OWN_TAP_WAITS) == (5, 2)
    assert api.table.query(keys.TAP_WAITS) == []


def test_a_request_that_finds_its_place_taken_meanwhile_is_answered_at_once(api, environment):
    tap = start(api, environment).json
    read_all = api.table.get_all

    def get_all(wanted):
        found = read_all(wanted)
        if keys.own_tap_wait_key(api.organisation_id, 0) in wanted:
            until = api.clock.now_ns // 10**9 + 12
            api.table.transact([Put(keys.own_tap_wait_key(api.organisation_id, 0), {"until": until}, 0)])
        return found

    api.table.get_all = get_all
    api.handler = api.serve(patience=Patience(lambda: 0.0, lambda _: pytest.fail("it waits")))
    assert read(api, tap, "?wait=10")["items"] == []
    assert [item.key.sk for item in api.table.query(keys.TAP_WAITS)] == [f"{api.organisation_id}#000"]


def test_the_place_of_a_request_that_was_killed_is_free_again_after_its_time(api, environment):
    tap = start(api, environment, seconds=60).json
    now = [0.0]

    def pause(seconds):
        now[0] += seconds

    places = [keys.tap_wait_key(place) for place in range(MAX_TAP_WAITS)]
    places += [keys.own_tap_wait_key(api.organisation_id, place) for place in range(MAX_OWN_TAP_WAITS)]
    for place in places:
        until = api.clock.now_ns // 10**9 + 12
        api.table.transact([Put(place, {"until": until}, 0)])
    api.handler = api.serve(patience=Patience(lambda: now[0], pause))
    read(api, tap, "?wait=10")
    assert now[0] == 0.0
    later(api, 13)
    read(api, tap, "?wait=10")
    assert now[0] == 10.0


def test_without_a_wait_an_answer_is_given_at_once(api, environment):
    tap = start(api, environment).json
    api.handler = api.serve(patience=Patience(lambda: 0.0, lambda _: pytest.fail("it waits")))
    assert read(api, tap)["items"] == []


def test_who_started_read_and_deleted_a_tap_stands_in_the_audit_log(api, environment):
    tap = start(api, environment, sample="all").json
    for _ in range(3):
        read(api, tap)
    api.call("DELETE", f"/v1/taps/{tap['id']}")
    *_, made, seen, gone = api.audit()
    assert [entry["action"] for entry in (made, seen, gone)] == ["tap.create", "tap.read", "tap.delete"]
    assert made["subject"] == gone["subject"] == {"type": "tap", "id": tap["id"]}
    assert made["after"] == {"environment_id": environment["id"], "until": tap["until"], "sample": "all", "only": NONE}
    assert seen["subject"] == {"type": "environment", "id": environment["id"]}


def test_a_viewer_sees_no_tap(api, environment):
    api.add_member(Role.VIEWER, token="iet_viewer")
    tap = start(api, environment).json
    for path in (f"/v1/taps/{tap['id']}", f"/v1/taps/{tap['id']}/events", f"/v1/environments/{environment['id']}/taps"):
        assert api.call("GET", path, token="iet_viewer").status == 403


@pytest.mark.parametrize(
    ("only", "share"),
    [
        (None, 10 / 250),
        ({"outcome": "accepted"}, 10 / 200),
        ({"outcome": "quarantined"}, 10 / 50),
        ({"outcome": "rejected"}, 1.0),
        ({"code": "required"}, 1.0),
    ],
)
def test_a_tap_starts_with_the_share_that_the_last_minutes_suggest(api, environment, only, share):
    at = SECONDS - SECONDS % 60 - 60
    busy = UsageSums(environment["id"], environment["revision_id"], at, accepted=12_000, quarantined=3_000)
    busy.endpoint_id, busy.organisation_id = environment["endpoint_id"], api.organisation_id
    api.usage.add([busy])
    start(api, environment, **({"only": only} if only else {}))
    assert pointed(api, environment)["taps"][0]["share"] == pytest.approx(share)


def test_a_repeated_request_starts_one_tap(api, environment):
    path = f"/v1/environments/{environment['id']}/taps"
    made = [api.call("POST", path, {"seconds": 60, "sample": 1}, idempotency_key="k").json for _ in range(2)]
    assert made[0] == made[1]
    assert len(pointed(api, environment)["taps"]) == 1
