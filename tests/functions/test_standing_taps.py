"""The taps of a local run that keeps all events of every environment."""

import pytest

from domain.live.standing import settle_standing_tap, standing_tap_id
from schemas.items import pointer_key
from tests.management_api import START_NS


@pytest.fixture
def environment(api):
    return api.environment(api.endpoint())


def settle(api, environment, *, wanted):
    settle_standing_tap(api.table, environment["id"], api.clock(), wanted=wanted)


def taps(api, environment):
    return api.call("GET", f"/v1/environments/{environment['id']}/taps").json["items"]


def pointer(api, environment):
    return api.table.get(pointer_key(environment["id"])).data


def test_it_keeps_every_event_and_has_no_end(api, environment):
    settle(api, environment, wanted=True)
    (lease,) = pointer(api, environment)["taps"]
    assert (lease["sample"], lease["share"], lease["only"]) == ("all", 1.0, {})
    api.clock.now_ns += 10 * 365 * 86_400 * 1_000_000_000
    (tap,) = taps(api, environment)
    assert (tap["id"], tap["state"]) == (standing_tap_id(environment["id"]), "running")
    assert api.call("GET", f"/v1/taps/{tap['id']}").json == tap
    assert api.call("GET", f"/v1/taps/{tap['id']}/events").json["items"] == []


def test_settling_again_changes_nothing(api, environment):
    settle(api, environment, wanted=True)
    before = api.table.data()
    settle(api, environment, wanted=True)
    assert api.table.data() == before


def test_it_stays_through_a_deploy_and_goes_when_it_is_not_wanted_any_more(api, environment):
    other = api.call("POST", f"/v1/environments/{environment['id']}/taps", {"seconds": 60, "sample": 1}).json
    settle(api, environment, wanted=True)
    api.call("POST", f"/v1/environments/{environment['id']}/deployments", {"revision_id": environment["revision_id"]})
    assert len(taps(api, environment)) == 2
    settle(api, environment, wanted=False)
    assert [tap["id"] for tap in taps(api, environment)] == [other["id"]]
    assert api.call("GET", f"/v1/taps/{standing_tap_id(environment['id'])}").status == 404


def test_the_setting_of_the_environment_goes_first(api, environment):
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"taps": "off"})
    settle(api, environment, wanted=True)
    assert "taps" not in pointer(api, environment)
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"taps": "protected"})
    settle(api, environment, wanted=True)
    assert pointer(api, environment)["taps_protected"] is True
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"taps": "off"})
    settle(api, environment, wanted=True)
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"taps": "on"})
    settle(api, environment, wanted=True)
    assert len(taps(api, environment)) == 1


def test_one_that_was_deleted_is_there_again(api, environment):
    settle(api, environment, wanted=True)
    assert api.call("DELETE", f"/v1/taps/{standing_tap_id(environment['id'])}").status == 204
    settle(api, environment, wanted=True)
    assert len(taps(api, environment)) == 1


def test_a_deleted_environment_gets_none(api, environment):
    api.call("DELETE", f"/v1/environments/{environment['id']}?confirm=Live")
    settle(api, environment, wanted=True)
    settle_standing_tap(api.table, "env_unknown", START_NS, wanted=True)
    assert "taps" not in pointer(api, environment)


def test_a_change_that_comes_between_is_kept(api, environment):
    api.table.before_transact = lambda: api.call("PATCH", f"/v1/environments/{environment['id']}", {"rate_limit": 7})
    settle(api, environment, wanted=True)
    assert pointer(api, environment)["rate_limit"] == 7
    assert len(taps(api, environment)) == 1
