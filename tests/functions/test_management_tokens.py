"""Personal tokens: shown once, no higher than their owner, ended by expiry, deletion and their member's removal."""

import pytest

from domain.access.access import token_hash
from domain.access.first_organisation import bootstrap
from domain.errors import Undelivered
from domain.records.caller import Role
from domain.records.keys import token_key
from domain.records.ports import Conflict
from schemas.limits import MAX_TOKENS_PER_MEMBER
from tests.management_api import OWNER_TOKEN

DAY_NS = 24 * 3600 * 1_000_000_000


def make(api, name="CI", role="viewer", *, by=OWNER_TOKEN, **fields):
    return api.call("POST", "/v1/tokens", {"name": name, "role": role, **fields}, token=by)


def test_a_token_is_shown_once_and_lets_its_member_in(api):
    made = make(api, role="editor")
    assert made.status == 201
    assert made.json["token"].startswith("iet_")
    assert len(made.json["token"]) > 40
    me = api.call("GET", "/v1/me", token=made.json["token"]).json
    assert (me["role"], me["member"]["email"]) == ("editor", "owner@localhost")
    listed = api.call("GET", "/v1/tokens").json["items"]
    assert [token["name"] for token in listed] == ["Admin token of this deployment", "CI"]
    assert all("token" not in token and "hash" not in token for token in listed)


def test_nothing_keeps_the_secret_or_shows_the_hash(api):
    body = {"name": "CI", "role": "viewer"}
    secret = api.call("POST", "/v1/tokens", body, idempotency_key="once").json["token"]
    assert secret not in str(api.table.data())
    entry = api.audit()[-1]
    assert (entry["action"], entry["after"]) == (
        "token.create",
        {"name": "CI", "role": "viewer", "expires_at": None},
    )
    assert token_hash(secret) not in str(api.call("GET", "/v1/audit").json)


def test_a_repeated_key_makes_no_second_token_and_shows_no_secret(api):
    def send():
        body = {"name": "CI", "role": "viewer"}
        return api.call("POST", "/v1/tokens", body, idempotency_key="once")

    first, second = send(), send()
    assert first.json["token"]
    assert second.json == {**first.json, "token": None}
    assert len(api.call("GET", "/v1/tokens").json["items"]) == 2


def test_no_token_is_above_the_one_that_makes_it(api):
    api.add_member(Role.ADMIN, token="iet_reader", token_role=Role.VIEWER)
    api.add_member(Role.EDITOR, token="iet_editor")
    for by, role in (("iet_reader", "editor"), ("iet_editor", "admin"), ("iet_editor", "owner")):
        answer = make(api, role=role, by=by)
        assert (answer.status, answer.code, answer.json["needed_role"]) == (403, "forbidden", role)
    assert make(api, role="editor", by="iet_editor").status == 201


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("tomorrow", "time"),
        ("2027-01-01", "time"),
        ("2027-01-01T00:00:00", "time"),
        ("2027-02-30T00:00:00Z", "time"),
        ("9999-12-31T23:59:59-23:59", "time"),
        ("\uff12027-01-01T00:00:00Z", "time"),
        ("2020-01-01T00:00:00Z", "min_value"),
        (7, "type"),
    ],
)
def test_an_expiry_is_a_moment_to_come(api, text, code):
    answer = make(api, expires_at=text)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/expires_at")
    assert answer.json["errors"][0]["code"] == code
    assert len(api.call("GET", "/v1/tokens").json["items"]) == 1


def test_a_token_ends_with_its_expiry_whatever_offset_it_was_written_in(api):
    made = make(api, expires_at="2026-11-25T01:00:00.0005+01:00").json
    assert made["expires_at"] == "2026-11-25T00:00:00.001Z"
    assert api.call("GET", "/v1/me", token=made["token"]).status == 200
    api.clock.now_ns += 3 * DAY_NS
    assert api.call("GET", "/v1/me", token=made["token"]).status == 401
    assert make(api, expires_at=None).json["expires_at"] is None


def test_a_deleted_token_is_refused_at_once(api):
    made = make(api).json
    path = f"/v1/tokens/{made['id']}"
    assert api.call("DELETE", path, if_match='"7"').code == "version_conflict"
    assert api.call("DELETE", f"{path}?confirm=Other").code == "confirmation_mismatch"
    assert api.call("DELETE", f"{path}?confirm=CI", if_match='"1"').status == 204
    assert api.call("GET", "/v1/me", token=made["token"]).status == 401
    assert api.call("DELETE", path).status == 404
    assert token_hash(made["token"]) not in str(api.table.data())


def test_members_see_and_delete_their_own_tokens_and_admins_all(api):
    api.add_member(Role.VIEWER, token="iet_viewer")
    api.add_member(Role.ADMIN, token="iet_admin")
    own = [make(api, f"Mine {number}", by="iet_viewer").json for number in range(3)]
    listed = api.call("GET", "/v1/tokens", token="iet_viewer").json["items"]
    assert {token["member_id"] for token in listed} == {"mem_iet_viewer"}
    assert {token["id"] for token in listed} == {"tok_iet_viewer", *(token["id"] for token in own)}
    assert len(api.call("GET", "/v1/tokens", token="iet_admin").json["items"]) == 6
    others = api.call("DELETE", "/v1/tokens/tok_iet_admin", token="iet_viewer")
    assert (others.status, others.json["needed_role"]) == (403, "admin")
    assert api.call("DELETE", f"/v1/tokens/{own[0]['id']}", token="iet_viewer").status == 204
    assert api.call("DELETE", f"/v1/tokens/{own[1]['id']}", token="iet_admin").status == 204
    left = api.call("GET", "/v1/tokens", token="iet_viewer").json["items"]
    assert {token["id"] for token in left} == {"tok_iet_viewer", own[2]["id"]}


@pytest.mark.parametrize("by", [OWNER_TOKEN, "iet_viewer"])
def test_lists_of_tokens_come_a_page_at_a_time(api, by):
    api.add_member(Role.VIEWER, token="iet_viewer")
    for number in range(4):
        make(api, f"Token {number}", by=by)
    whole = [token["id"] for token in api.call("GET", "/v1/tokens", token=by).json["items"]]
    seen, cursor = [], ""
    while cursor is not None:
        page = api.call("GET", f"/v1/tokens?limit=2{cursor and '&cursor=' + cursor}", token=by).json
        assert len(page["items"]) <= 2
        seen += [token["id"] for token in page["items"]]
        cursor = page["next"]
    assert seen == whole
    assert api.call("GET", "/v1/tokens?cursor=x", token=by).pointers == ["/cursor"]


def test_a_member_has_a_bounded_number_of_tokens(api):
    api.add_member(Role.VIEWER, token="iet_viewer")
    for _ in range(MAX_TOKENS_PER_MEMBER - 1):
        last = make(api, by="iet_viewer")
    assert last.status == 201
    assert make(api, by="iet_viewer").code == "limit_reached"
    api.call("DELETE", f"/v1/tokens/{last.json['id']}", token="iet_viewer")
    assert make(api, by="iet_viewer").status == 201


def test_the_day_of_the_last_use_is_noted_once_a_day(api):
    made = make(api).json
    assert made["last_used_on"] is None
    key = token_key(api.organisation_id, made["id"])

    def use():
        assert api.call("GET", "/v1/me", token=made["token"]).status == 200
        item = api.table.get(key)
        return item.version, item.data["last_used_on"]

    assert use() == use() == (2, "2026-11-23")
    api.clock.now_ns += DAY_NS
    assert use() == use() == (3, "2026-11-24")
    api.clock.now_ns -= DAY_NS
    assert use() == (3, "2026-11-24")
    (shown,) = [token for token in api.call("GET", "/v1/tokens").json["items"] if token["id"] == made["id"]]
    assert (shown["last_used_on"], shown["version"]) == ("2026-11-24", 1)


@pytest.mark.parametrize("fault", [Conflict([0]), Undelivered("The table takes no writes.")])
def test_a_use_that_can_not_be_noted_is_served(api, fault):
    made = make(api).json

    def fail():
        raise fault

    api.table.before_transact = fail
    assert api.call("GET", "/v1/me", token=made["token"]).status == 200
    assert api.table.before_transact is None
    assert api.table.get(token_key(api.organisation_id, made["id"])).data["last_used_on"] is None


def test_a_token_that_is_not_accepted_notes_no_use(api):
    made = make(api, expires_at="2026-11-24T00:00:00Z").json
    api.clock.now_ns += 2 * DAY_NS
    assert api.call("GET", "/v1/me", token=made["token"]).status == 401
    assert api.table.get(token_key(api.organisation_id, made["id"])).data["last_used_on"] is None


def stands(api, made):
    return api.call("GET", "/v1/me", token=made["token"]).status == 200


def test_a_token_that_is_made_with_a_token_ends_no_later_than_that(api):
    parent = make(api, "Short", "admin", expires_at="2026-11-25T00:00:00Z").json
    child = make(api, by=parent["token"]).json
    assert (child["expires_at"], child["parent_id"]) == (parent["expires_at"], parent["id"])
    assert make(api, by=parent["token"], expires_at=None).json["expires_at"] == parent["expires_at"]
    assert make(api, by=parent["token"], expires_at="2026-11-24T00:00:00Z").json["expires_at"] < parent["expires_at"]
    later = make(api, by=parent["token"], expires_at="2026-11-25T00:00:01Z")
    assert (later.pointers, later.json["errors"][0]["code"]) == (["/expires_at"], "max_value")
    api.clock.now_ns += 3 * DAY_NS
    assert not stands(api, child)
    assert make(api).json["expires_at"] is None


def test_a_deleted_token_takes_along_all_that_were_made_with_it(api):
    parent = make(api, "Parent", "admin").json
    child = make(api, "Child", "admin", by=parent["token"]).json
    grandchild = make(api, "Grandchild", by=child["token"]).json
    other = make(api, "Other").json
    assert api.call("DELETE", f"/v1/tokens/{parent['id']}").status == 204
    assert [stands(api, token) for token in (parent, child, grandchild, other)] == [False, False, False, True]
    assert [token["name"] for token in api.call("GET", "/v1/tokens").json["items"]][1:] == ["Other"]
    assert not any(token_hash(token["token"]) in str(api.table.data()) for token in (parent, child, grandchild))
    entry = api.audit()[-1]
    assert [token["name"] for token in entry["before"]["made_with_it"]] == ["Child", "Grandchild"]


def test_a_member_of_nothing_but_one_line_of_tokens_loses_it_in_one_transaction(api):
    api.add_member(Role.ADMIN, token="iet_admin")
    line = ["iet_admin"]
    for _ in range(MAX_TOKENS_PER_MEMBER - 1):
        line.append(make(api, role="admin", by=line[-1]).json["token"])
    assert api.call("DELETE", "/v1/tokens/tok_iet_admin").status == 204
    assert {api.call("GET", "/v1/me", token=token).status for token in line} == {401}


def test_deleting_a_token_takes_the_role_that_it_has_now(api):
    strong = make(api, "Strong", "owner").json
    weak = make(api, "Weak", "viewer").json
    refused = api.call("DELETE", f"/v1/tokens/{strong['id']}", token=weak["token"])
    assert (refused.status, refused.code, refused.json["needed_role"]) == (403, "forbidden", "owner")
    api.add_member(Role.ADMIN, token="iet_admin")
    assert api.call("DELETE", f"/v1/tokens/{strong['id']}", token="iet_admin").json["needed_role"] == "owner"
    assert api.call("DELETE", f"/v1/tokens/{weak['id']}", token=weak["token"]).status == 204
    # What counts is what a token may do now.
    api.add_member(Role.VIEWER, token="iet_lowered", token_role=Role.ADMIN)
    api.add_member(Role.EDITOR, token="iet_editor")
    assert api.call("DELETE", "/v1/tokens/tok_iet_lowered", token="iet_lowered").status == 204


def test_an_invitation_makes_one_token_which_outlives_it(api):
    invited = api.call("POST", "/v1/organisation/members", {"email": "eva@example.com", "role": "editor"}).json
    own = make(api, "Mine", "editor", by=invited["token"])
    assert (own.status, own.json["expires_at"], own.json["parent_id"]) == (201, None, None)
    second = make(api, "Another", by=invited["token"])
    assert (second.status, second.code) == (403, "forbidden")
    assert "invitation" in second.json["message"]
    listed = api.call("GET", "/v1/tokens", token=own.json["token"]).json["items"]
    invitation = next(token for token in listed if token["name"] == "Invitation")
    assert api.call("DELETE", f"/v1/tokens/{invitation['id']}", token=own.json["token"]).status == 204
    assert stands(api, own.json)
    assert make(api, "Third", by=own.json["token"]).json["parent_id"] == own.json["id"]


def test_a_token_that_is_deleted_while_it_makes_another_makes_none(api):
    parent = make(api, "Parent", "admin").json
    api.call("GET", "/v1/me", token=parent["token"])
    before = {token["id"] for token in api.call("GET", "/v1/tokens").json["items"]} - {parent["id"]}
    api.table.before_transact = lambda: api.call("DELETE", f"/v1/tokens/{parent['id']}")
    assert make(api, "Late", by=parent["token"]).status == 401
    assert {token["id"] for token in api.call("GET", "/v1/tokens").json["items"]} == before


def test_another_admin_token_of_a_deployment_ends_what_was_made_with_the_one_before(api):
    child = make(api, "Child", "owner").json
    grandchild = make(api, "Grandchild", by=child["token"]).json
    bootstrap(api.table, token_hash(OWNER_TOKEN), api.clock)
    assert stands(api, child)
    bootstrap(api.table, token_hash("iet_next"), api.clock)
    assert not stands(api, child)
    assert not stands(api, grandchild)
    assert len(api.call("GET", "/v1/tokens", token="iet_next").json["items"]) == 1
