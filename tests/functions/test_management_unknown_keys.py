"""Keys that arrived and that no field names, as the API shows them."""

import pytest

from domain.metering.unknown_keys import DAY_SECONDS, UnknownKeys, add_to
from domain.records.caller import Role
from schemas.limits import UNKNOWN_KEYS_KEPT_DAYS
from tests.management_api import START_NS

SECONDS = START_NS // 1_000_000_000


@pytest.fixture
def environment(api):
    return api.environment(api.endpoint())


def see(api, environment, *found, at=SECONDS):
    keys = UnknownKeys()
    keys.look(found, at)
    add_to(api.unknown_keys, environment["id"], keys, at)


def shown(api, environment):
    answer = api.call("GET", f"/v1/environments/{environment['id']}/unknown-keys")
    assert answer.status == 200
    return answer.json


def test_an_environment_without_events_has_none(api, environment):
    assert shown(api, environment) == {"items": [], "looked_at": 0}


def test_they_are_shown_with_the_most_frequent_first(api, environment):
    see(api, environment, ("/a", 1), ("/b", {"c": "secret"}))
    see(api, environment, ("/b", {"c": "secret"}), at=SECONDS + 1)

    assert shown(api, environment) == {
        "items": [
            {
                "pointer": "/b",
                "count": 2,
                "kinds": ["object"],
                "first_seen": "2026-11-23T08:00:00.000Z",
                "last_seen": "2026-11-23T08:00:01.000Z",
                "shape": {"c": "string"},
            },
            {
                "pointer": "/a",
                "count": 1,
                "kinds": ["integer"],
                "first_seen": "2026-11-23T08:00:00.000Z",
                "last_seen": "2026-11-23T08:00:00.000Z",
                "shape": "integer",
            },
        ],
        "looked_at": 2,
    }


def test_what_the_revision_in_force_names_is_not_shown(api, environment):
    named = api.call("GET", f"/v1/revisions/{environment['revision_id']}").json["fields"][0]["key"]
    see(api, environment, (f"/{named}", 1), ("/other", 1))

    assert [item["pointer"] for item in shown(api, environment)["items"]] == ["/other"]


def test_what_was_seen_over_thirty_days_ago_is_not_shown(api, environment):
    see(api, environment, ("/old", 1))
    api.clock.now_ns += UNKNOWN_KEYS_KEPT_DAYS * DAY_SECONDS * 1_000_000_000

    assert shown(api, environment) == {"items": [], "looked_at": 0}


def test_those_of_others_are_not_found(api, environment):
    see(api, environment, ("/a", 1))
    api.add_member(Role.OWNER, token="iet_other", organisation="org_other")

    path = f"/v1/environments/{environment['id']}/unknown-keys"

    assert api.call("GET", path, token="iet_other").status == 404
    assert api.call("GET", path.replace("env_", "env_0")).status == 404
