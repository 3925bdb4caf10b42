"""Alerts and their targets, as the API makes, shows, changes and tests them."""

import json
import re
import time
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from domain.alerts.ports import Outcome
from domain.errors import Undelivered
from domain.records import keys
from domain.records.caller import Role
from domain.records.kept_secrets import sweep_secrets
from domain.records.ports import Put
from schemas.limits import (
    ALERT_MAIL_CHANGES,
    BEGUN_SECRET_SECONDS,
    MAX_ALERT_TARGETS,
    MAX_ALERTS,
    SIGNING_OVERLAP_SECONDS,
)

HOOK = {"name": "On call", "kind": "webhook", "url": "https://hooks.example.com/alerts"}
SLACK = {"name": "Chat", "kind": "slack", "url": "https://chat.example.com/services/T1/the-secret-part"}
MAIL = {"name": "Mail", "kind": "email", "email": "ops@example.com"}


class StandingClock:
    """Stands at now, since the official verification goes by the machine's clock."""

    def __init__(self, now_ns):
        self.now_ns = now_ns

    def __call__(self):
        return self.now_ns


@pytest.fixture
def path(api):
    return f"/v1/environments/{api.environment(api.endpoint())['id']}/alerts"


def make_target(api, body=None, **headers):
    made = api.call("POST", "/v1/alert-targets", body or HOOK, **headers)
    assert made.status == 201, made.text
    return made.json


def make_alert(api, path, kind="silence", **settings):
    made = api.call("POST", path, {"kind": kind, **settings})
    assert made.status == 201, made.text
    return made.json


def test_an_alert_has_the_defaults_of_its_kind(api, path):
    shown = {
        kind: {name: made[name] for name in ("percent", "minutes", "min_events", "days") if made[name] is not None}
        for kind in (
            "rejected_share",
            "silence",
            "new_code_or_key",
            "delivery_delay",
            "plan_use",
            "certificate_expiry",
        )
        for made in [make_alert(api, path, kind)]
    }
    assert shown == {
        "rejected_share": {"percent": 5, "minutes": 10, "min_events": 10},
        "silence": {"minutes": 30},
        "new_code_or_key": {"minutes": 60},
        "delivery_delay": {"minutes": 30},
        "plan_use": {"percent": 80},
        "certificate_expiry": {"days": 14},
    }


def test_an_alert_that_was_not_looked_at_yet_is_pending(api, path):
    made = make_alert(api, path)
    assert (made["state"], made["since"], made["evaluated_at"], made["told"]) == ("pending", None, None, [])
    assert api.call("GET", path).json["items"] == [made]
    assert api.call("GET", f"{path}/{made['id']}").json == made


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "silence", "percent": 5}, "/percent"),
        ({"kind": "plan_use", "minutes": 5}, "/minutes"),
        ({"kind": "silence", "minutes": 121}, "/minutes"),
        ({"kind": "rejected_share", "minutes": 121}, "/minutes"),
        ({"kind": "delivery_delay", "minutes": 1_441}, "/minutes"),
        ({"kind": "silence", "minutes": 0}, "/minutes"),
        ({"kind": "rejected_share", "percent": 0}, "/percent"),
        ({"kind": "rejected_share", "percent": 100.1}, "/percent"),
        ({"kind": "rejected_share", "min_events": 0}, "/min_events"),
        ({"kind": "certificate_expiry", "days": 91}, "/days"),
        ({"kind": "weather"}, "/kind"),
        ({"kind": "silence", "targets": ["tgt_nobody"]}, "/targets/0"),
        ({"kind": "silence", "targets": ["tgt_1"] * 6}, "/targets"),
    ],
)
def test_settings_that_make_no_sense_are_rejected_with_their_place(api, path, body, pointer):
    answer = api.call("POST", path, body)
    assert answer.status == 422
    assert answer.pointers == [pointer]
    assert api.call("GET", path).json["items"] == []


def test_an_alert_is_changed_and_deleted(api, path):
    target = make_target(api)
    made = make_alert(api, path, "rejected_share", name="Orders")
    changed = api.call("PATCH", f"{path}/{made['id']}", {"percent": 0.5, "targets": [target["id"]], "name": None})
    assert changed.status == 200
    assert (changed.json["percent"], changed.json["minutes"], changed.json["name"]) == (0.5, 10, None)
    assert changed.json["told"][0]["name"] == "On call"
    stale = api.call("PATCH", f"{path}/{made['id']}", {"percent": 1}, if_match='"1"')
    assert stale.status == 412
    assert api.call("DELETE", f"{path}/{made['id']}", if_match='"1"').status == 412
    assert api.call("DELETE", f"{path}/{made['id']}").status == 204
    assert api.call("GET", f"{path}/{made['id']}").status == 404
    actions = [entry["action"] for entry in api.audit() if entry["subject"]["type"] == "alert"]
    assert actions == ["alert.create", "alert.change", "alert.delete"]
    assert api.table.query(keys.ALERTS) == []


def test_an_environment_has_a_bounded_number_of_alerts(api, path):
    for _ in range(MAX_ALERTS):
        make_alert(api, path)
    assert api.call("POST", path, {"kind": "silence"}).code == "limit_reached"


def test_an_organisation_has_a_bounded_number_of_targets(api):
    for number in range(MAX_ALERT_TARGETS):
        make_target(api, {**HOOK, "name": f"Target {number}"})
    answer = api.call("POST", "/v1/alert-targets", HOOK)
    assert answer.code == "limit_reached"
    assert len(api.secrets.secrets) == MAX_ALERT_TARGETS


def test_a_name_belongs_to_one_target(api):
    made = make_target(api)
    other = make_target(api, SLACK)
    assert api.call("POST", "/v1/alert-targets", {**HOOK, "name": "ON CALL"}).code == "name_taken"
    assert api.call("PATCH", f"/v1/alert-targets/{other['id']}", {"name": "On Call"}).code == "name_taken"
    assert api.call("PATCH", f"/v1/alert-targets/{made['id']}", {"name": "On Call"}).status == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**HOOK, "url": "http://hooks.example.com/"}, "/url"),
        ({**HOOK, "url": "http://127.0.0.1:9/"}, "/url"),
        ({**HOOK, "url": "https://127.0.0.1/"}, "/url"),
        ({**HOOK, "url": "https://[::1]/"}, "/url"),
        ({**HOOK, "url": "https://[::ffff:10.0.0.1]/"}, "/url"),
        ({**HOOK, "url": "https://169.254.169.254/latest/meta-data"}, "/url"),
        ({**HOOK, "url": "https://10.1.2.3/"}, "/url"),
        ({**HOOK, "url": "https://localhost/"}, "/url"),
        ({**HOOK, "url": "https://user:password@hooks.example.com/"}, "/url"),
        ({**HOOK, "url": "https://hooks.example.com/#part"}, "/url"),
        ({**HOOK, "url": "https://hooks.example.com:0/"}, "/url"),
        ({**HOOK, "url": "https://hooks.example.com:99999/"}, "/url"),
        ({**HOOK, "url": "https://hooks.example.com/\r\nHost: other"}, "/url"),
        ({**HOOK, "url": "https://hooks example.com/"}, "/url"),
        ({**HOOK, "url": "ftp://hooks.example.com/"}, "/url"),
        ({**HOOK, "url": "https:///alerts"}, "/url"),
        ({**HOOK, "email": "ops@example.com"}, "/email"),
        ({**MAIL, "url": "https://hooks.example.com/"}, "/url"),
        ({"name": "Mail", "kind": "email"}, "/email"),
        ({"name": "Mail", "kind": "email", "email": "nobody"}, "/email"),
        ({"name": "Hook", "kind": "webhook"}, "/url"),
    ],
)
def test_a_target_that_no_message_may_go_to_is_rejected(api, body, pointer):
    answer = api.call("POST", "/v1/alert-targets", body)
    assert answer.status == 422
    assert answer.pointers == [pointer]
    assert api.secrets.secrets == {}
    assert api.mail.enrolled == {}


def test_a_webhooks_secret_is_in_one_answer_and_otherwise_in_the_secret_store_alone(api):
    made = make_target(api, idempotency_key="key-1")
    secret = made["secret"]
    assert secret.startswith("whsec_")
    assert make_target(api, idempotency_key="key-1") == {**made, "secret": None}
    shown = api.call("GET", f"/v1/alert-targets/{made['id']}")
    assert "secret" not in shown.json
    bare = secret.removeprefix("whsec_")
    assert bare not in shown.text
    assert bare not in json.dumps(api.audit())
    assert bare not in repr(api.table.data())
    (kept,) = api.secrets.secrets.values()
    assert bare in kept


def test_slacks_address_is_kept_as_a_secret(api):
    made = make_target(api, SLACK)
    assert made["url"] == "https://chat.example.com/…"
    assert made["secret"] is None
    assert "the-secret-part" not in repr(api.table.data())
    other = "https://chat.example.net/services/T1/another-secret"
    changed = api.call("PATCH", f"/v1/alert-targets/{made['id']}", {"url": other})
    assert changed.json["url"] == "https://chat.example.net/…"
    api.call("POST", f"/v1/alert-targets/{made['id']}/test")
    assert api.poster.posted[0].url == other
    api.clock.now_ns += 2 * BEGUN_SECRET_SECONDS * 10**9
    sweep_secrets(api.table, api.secrets, api.clock)
    assert list(api.secrets.secrets.values()) == [other]


def verifies(secret, posted):
    try:
        Webhook(secret).verify(posted.body.decode(), posted.headers)
    except WebhookVerificationError:
        return False
    return True


def test_signatures_are_those_of_standard_webhooks_with_two_secrets_while_one_is_replaced(api):
    clock = StandingClock(time.time_ns())
    api.clock = clock
    api.handler = api.serve()
    made = make_target(api)
    path = f"/v1/alert-targets/{made['id']}"

    def tested():
        assert api.call("POST", f"{path}/test").json["sent"] is True
        return api.poster.posted[-1]

    assert verifies(made["secret"], tested())
    assert api.call("POST", f"{path}/secret", {}, if_match='"9"').code == "version_conflict"
    rotated = api.call("POST", f"{path}/secret", {}, if_match='"1"').json
    assert rotated["secret"] != made["secret"]
    posted = tested()
    assert verifies(made["secret"], posted)
    assert verifies(rotated["secret"], posted)
    again = api.call("POST", f"{path}/secret", {"keep_previous": True}).json
    posted = tested()
    assert [verifies(each["secret"], posted) for each in (made, rotated, again)] == [False, True, True]
    alone = api.call("POST", f"{path}/secret", {"keep_previous": False}).json
    posted = tested()
    assert [verifies(each["secret"], posted) for each in (again, alone)] == [False, True]


def test_the_example_of_the_docs_checks_signatures(api):
    page = (Path(__file__).parents[2] / "docs/alerts.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    example = {}
    exec(code, example)
    is_from_ingest = example["is_from_ingest"]
    clock = StandingClock(time.time_ns())
    api.clock = clock
    api.handler = api.serve()
    made = make_target(api)
    path = f"/v1/alert-targets/{made['id']}"
    rotated = api.call("POST", f"{path}/secret", {}).json
    api.call("POST", f"{path}/test")
    posted = api.poster.posted[-1]
    for secret in (made["secret"], rotated["secret"]):
        assert is_from_ingest(secret, posted.headers, posted.body)
        assert not is_from_ingest(secret, posted.headers, posted.body + b" ")
    other = make_target(api, {**HOOK, "name": "Other"})
    assert not is_from_ingest(other["secret"], posted.headers, posted.body)
    clock.now_ns -= 600 * 10**9
    api.call("POST", f"{path}/test")
    assert not is_from_ingest(made["secret"], api.poster.posted[-1].headers, api.poster.posted[-1].body)


def test_the_replaced_secret_signs_for_a_day(api):
    made = make_target(api)
    path = f"/v1/alert-targets/{made['id']}"
    api.call("POST", f"{path}/secret", {})
    api.call("POST", f"{path}/test")
    assert len(api.poster.posted[-1].headers["webhook-signature"].split()) == 2
    api.clock.now_ns += SIGNING_OVERLAP_SECONDS * 10**9
    api.call("POST", f"{path}/test")
    assert len(api.poster.posted[-1].headers["webhook-signature"].split()) == 1


def test_what_signs_nothing_has_no_secret_to_replace(api):
    made = make_target(api, SLACK)
    assert api.call("POST", f"/v1/alert-targets/{made['id']}/secret", {}).status == 422


def test_an_address_is_asked_and_shown_as_pending_until_it_has_confirmed(api):
    made = make_target(api, MAIL)
    assert made["subscription"] == "pending"
    assert api.mail.enrolled == {made["id"]: "ops@example.com"}
    api.mail.confirmed.add("ops@example.com")
    (shown,) = api.call("GET", "/v1/alert-targets").json["items"]
    assert shown["subscription"] == "confirmed"
    api.mail.unreachable = True
    assert api.call("GET", f"/v1/alert-targets/{made['id']}").json["subscription"] == "unknown"


def test_an_address_is_forgotten_with_its_target(api):
    made = make_target(api, MAIL)
    api.mail.unreachable = True
    assert api.call("DELETE", f"/v1/alert-targets/{made['id']}").status == 503
    assert api.call("GET", f"/v1/alert-targets/{made['id']}").status == 200
    api.mail.unreachable = False
    assert api.call("DELETE", f"/v1/alert-targets/{made['id']}").status == 204
    assert api.mail.enrolled == {}


def test_an_address_whose_target_is_not_made_is_forgotten(api):
    def others_take_the_name():
        make_target(api, {**HOOK, "name": "Mail"})

    api.table.before_transact = others_take_the_name
    assert api.call("POST", "/v1/alert-targets", MAIL).code == "name_taken"
    assert api.mail.enrolled == {}


def test_an_address_that_could_not_be_asked_is_forgotten(api):
    api.mail.asks_fail = True
    assert api.call("POST", "/v1/alert-targets", MAIL).status == 503
    assert (api.mail.enrolled, api.call("GET", "/v1/alert-targets").json["items"]) == ({}, [])


def test_a_target_of_an_alert_is_not_deleted(api, path):
    target = make_target(api)
    alert = make_alert(api, path, targets=[target["id"]])
    answer = api.call("DELETE", f"/v1/alert-targets/{target['id']}")
    assert (answer.status, answer.code) == (409, "conflict")
    api.call("PATCH", f"{path}/{alert['id']}", {"targets": []})
    assert api.call("DELETE", f"/v1/alert-targets/{target['id']}").status == 204
    api.clock.now_ns += 2 * BEGUN_SECRET_SECONDS * 10**9
    sweep_secrets(api.table, api.secrets, api.clock)
    assert api.secrets.secrets == {}


@pytest.mark.parametrize("body", [HOOK, MAIL], ids=["webhook", "email"])
def test_a_target_that_an_alert_takes_in_the_same_moment_stays(api, path, body):
    target = make_target(api, body)

    def others_use_it():
        assert api.call("POST", path, {"kind": "silence", "targets": [target["id"]]}).status == 201

    api.table.before_transact = others_use_it
    assert api.call("DELETE", f"/v1/alert-targets/{target['id']}").code == "conflict"
    assert list(api.mail.enrolled) == ([target["id"]] if body is MAIL else [])


def test_no_alert_takes_an_address_that_is_being_forgotten(api, path):
    target = make_target(api, MAIL)
    asked = []

    def others_use_it():
        asked.append(api.call("POST", path, {"kind": "silence", "targets": [target["id"]]}))

    api.mail.before_remove = others_use_it
    assert api.call("DELETE", f"/v1/alert-targets/{target['id']}").status == 204
    assert [(answer.status, answer.pointers) for answer in asked] == [(422, ["/targets/0"])]


def test_a_target_whose_address_was_forgotten_by_a_request_that_ended_is_deleted_by_the_next(api):
    target = make_target(api, MAIL)

    def fail():
        raise Undelivered("The table can't be reached.")

    def then_nothing_is_written():
        api.table.before_transact = fail

    api.mail.before_remove = then_nothing_is_written
    assert api.call("DELETE", f"/v1/alert-targets/{target['id']}").status == 503
    assert api.mail.enrolled == {}
    api.mail.before_remove = None
    assert api.call("DELETE", f"/v1/alert-targets/{target['id']}").status == 204
    assert api.call("GET", "/v1/alert-targets").json["items"] == []


def test_a_test_says_of_each_target_what_became_of_it(api, path):
    hook, chat = make_target(api), make_target(api, SLACK)
    alert = make_alert(api, path, targets=[hook["id"], chat["id"]])
    api.poster.outcomes["chat"] = Outcome("failed", "The receiver answered 404.")
    answer = api.call("POST", f"{path}/{alert['id']}/test")
    assert answer.json["results"] == [
        {"target_id": hook["id"], "name": "On call", "sent": True, "error": None},
        {"target_id": chat["id"], "name": "Chat", "sent": False, "error": "The receiver answered 404."},
    ]
    body = next(posted.json for posted in api.poster.posted if "hooks" in posted.url)
    assert body["type"] == "alert.test.v1"
    assert body["data"]["alert"] == {"id": alert["id"], "name": "No events", "kind": "silence"}
    told = api.call("GET", f"{path}/{alert['id']}").json["told"]
    assert [row["last_error"] for row in told] == [None, "The receiver answered 404."]
    assert told[0]["last_success_at"] is not None
    assert api.audit()[-1]["action"] == "alert.test"


def test_a_test_with_the_same_key_is_sent_once(api, path):
    target = make_target(api)
    alert = make_alert(api, path, targets=[target["id"]])
    for address in (f"{path}/{alert['id']}/test", f"/v1/alert-targets/{target['id']}/test"):
        answers = [api.call("POST", address, idempotency_key=f"key{address}").json for _ in range(2)]
        assert answers[0] == answers[1]
    assert len(api.poster.posted) == 2


def test_an_alert_without_targets_has_nobody_to_test(api, path):
    alert = make_alert(api, path)
    assert api.call("POST", f"{path}/{alert['id']}/test").code == "conflict"


def allow_changes(api, changes):
    organisation = api.table.get(keys.organisation_key(api.organisation_id))
    bounded = {**organisation.data, "bounds": {"changes": changes}}
    api.table.transact([Put(organisation.key, bounded, organisation.version)])


def test_addresses_are_asked_for_consent_a_bounded_number_of_times_in_an_hour(api):
    allow_changes(api, 2 * ALERT_MAIL_CHANGES + 1)
    for _ in range(2):
        target = make_target(api, MAIL)
        assert api.call("DELETE", f"/v1/alert-targets/{target['id']}").status == 204
    assert [api.call("POST", "/v1/alert-targets", MAIL).code for _ in range(3)] == ["limit_reached"] * 3
    assert api.mail.asked == [MAIL["email"]] * 2


def test_new_addresses_of_chats_are_bounded_as_each_is_a_secret(api):
    target = make_target(api, SLACK)
    allow_changes(api, 3)
    path = f"/v1/alert-targets/{target['id']}"
    answers = [api.call("PATCH", path, {"url": f"https://chat.example.com/{n}"}).status for n in range(4)]
    assert answers == [200, 200, 409, 409]
    assert api.call("PATCH", path, {"name": "Renamed"}).status == 200


def test_tests_are_bounded(api):
    target = make_target(api)
    allow_changes(api, 3)
    answers = [api.call("POST", f"/v1/alert-targets/{target['id']}/test").status for _ in range(3)]
    assert answers == [200, 200, 409]
    assert len(api.poster.posted) == 2


def test_targets_and_alerts_of_another_organisation_are_not_there(api, path):
    target = make_target(api)
    alert = make_alert(api, path)
    api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    assert api.call("GET", f"/v1/alert-targets/{target['id']}", token="iet_stranger").status == 404
    assert api.call("GET", "/v1/alert-targets", token="iet_stranger").json["items"] == []
    assert api.call("GET", f"{path}/{alert['id']}", token="iet_stranger").status == 404
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Theirs"}, token="iet_stranger").json
    revision = api.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {}, token="iet_stranger").json
    fields = {"fields": [{"key": "price", "type": "FLOAT"}]}
    api.call("PUT", f"/v1/revisions/{revision['id']}/fields", fields, token="iet_stranger", if_match="*")
    api.call("POST", f"/v1/revisions/{revision['id']}/finalise", token="iet_stranger")
    made = api.call(
        "POST",
        f"/v1/endpoints/{endpoint['id']}/environments",
        {"name": "Live", "revision_id": revision["id"], "destination": {"type": "s3", "managed": True}},
        token="iet_stranger",
    ).json
    theirs = f"/v1/environments/{made['id']}/alerts"
    answer = api.call("POST", theirs, {"kind": "silence", "targets": [target["id"]]}, token="iet_stranger")
    assert answer.pointers == ["/targets/0"]
    assert api.call("GET", f"{theirs}/{alert['id']}", token="iet_stranger").status == 404
