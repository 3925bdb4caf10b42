"""Members: invitations, roles that nobody exceeds, one owner who hands over, and removal with all tokens."""

import pytest

from domain.access.access import token_hash
from domain.access.first_organisation import bootstrap
from domain.records.caller import Role
from schemas.limits import MAX_TOKENS_PER_MEMBER
from tests.management_api import OWNER_TOKEN

MEMBERS = "/v1/organisation/members"


def invite(api, email="eva@example.com", role="editor", *, by=OWNER_TOKEN, **headers):
    return api.call("POST", MEMBERS, {"email": email, "role": role}, token=by, **headers)


def owner_of(api):
    (owner,) = [member for member in api.call("GET", MEMBERS).json["items"] if member["role"] == "owner"]
    return owner


def test_who_is_invited_gets_in_with_the_token_of_the_answer(api):
    made = invite(api)
    assert made.status == 201
    assert made.headers["ETag"] == '"1"'
    me = api.call("GET", "/v1/me", token=made.json["token"]).json
    assert (me["member"]["id"], me["member"]["email"], me["role"]) == (made.json["id"], "eva@example.com", "editor")
    own = api.call("POST", "/v1/tokens", {"name": "Mine", "role": "editor"}, token=made.json["token"])
    assert own.status == 201
    api.clock.now_ns += 8 * 24 * 3600 * 1_000_000_000
    assert api.call("GET", "/v1/me", token=made.json["token"]).status == 401
    assert api.call("GET", "/v1/me", token=own.json["token"]).status == 200


def test_the_secret_of_an_invitation_is_kept_nowhere_and_not_repeated(api):
    first, second = (invite(api, idempotency_key="once") for _ in range(2))
    assert second.json == {**first.json, "token": None}
    assert first.json["token"] not in str(api.table.data())
    assert len(api.call("GET", MEMBERS).json["items"]) == 2


@pytest.mark.parametrize("email", ["eva@example.com", "EVA@Example.com", "owner@localhost"])
def test_an_address_is_one_member_whatever_its_case(api, email):
    invite(api)
    assert (invite(api, email).status, invite(api, email).code) == (409, "name_taken")


@pytest.mark.parametrize(
    "email",
    [
        "eva",
        "@example.com",
        "eva@",
        "e va@example.com",
        "a@b@c",
        "a\u0000@b",
        7,
        "a@" + "b" * 254,
        "*@*",
        "a@b..c",
        "a@-b.c",
        "a@b-.c",
        "a@.b",
        "a@b.",
        "a@1.2.3.4",
        "a@[127.0.0.1]",
        "a@b_c.example",
        ".a@b.c",
        "a.@b.c",
        "a..b@b.c",
        "a" * 65 + "@b.c",
        "a\u200b@b.c",
        "a@b\u200b.c",
        '"a b"@b.c',
        "a,b@b.c",
        "<a@b.c>",
        "a@" + "b" * 64 + ".c",
    ],
)
def test_an_address_has_the_form_of_one(api, email):
    assert invite(api, email).pointers == ["/email"]


@pytest.mark.parametrize("email", ["eva@localhost", "o'neil+x@sub.example.com", "eva@bücher.example", "E_v-a.1@x.io"])
def test_an_address_of_any_usual_form_is_taken(api, email):
    made = invite(api, email)
    assert (made.status, made.json["email"]) == (201, email)


def test_the_first_use_of_its_token_accepts_an_invitation(api):
    made = invite(api).json
    assert (made["invited_by"], made["accepted_at"]) == ("owner@localhost", None)
    assert api.call("GET", "/v1/me", token=made["token"]).status == 200
    shown = next(member for member in api.call("GET", MEMBERS).json["items"] if member["id"] == made["id"])
    assert shown["accepted_at"] > made["created_at"]
    entry = api.audit()[-1]
    assert (entry["action"], entry["actor"]["member_id"], entry["source_ip"]) == (
        "member.accept",
        made["id"],
        "203.0.113.7",
    )
    before = api.table.data()
    assert api.call("GET", "/v1/me", token=made["token"]).status == 200
    assert api.table.data() == before


def test_nothing_is_handed_over_to_somebody_who_has_not_accepted(api):
    made = invite(api).json
    refused = api.call("PATCH", f"{MEMBERS}/{made['id']}", {"role": "owner"})
    assert (refused.status, refused.code) == (409, "conflict")
    api.call("GET", "/v1/me", token=made["token"])
    assert api.call("PATCH", f"{MEMBERS}/{made['id']}", {"role": "owner"}).json["role"] == "owner"


def test_nobody_is_invited_as_owner_or_above_the_inviter(api):
    api.add_member(Role.ADMIN, token="iet_admin")
    assert invite(api, role="owner").pointers == ["/role"]
    assert invite(api, role="admin", by="iet_admin").status == 201


def test_a_role_changes_at_once_and_is_recorded(api):
    made = invite(api, role="viewer").json
    path = f"{MEMBERS}/{made['id']}"
    assert api.call("PATCH", path, {"role": "editor"}, if_match='"9"').code == "version_conflict"
    changed = api.call("PATCH", path, {"role": "admin"}, if_match='"1"')
    assert (changed.status, changed.json["role"], changed.json["version"]) == (200, "admin", 2)
    entry = api.audit()[-1]
    assert (entry["action"], entry["before"], entry["after"]) == (
        "member.change",
        {"role": "viewer"},
        {"role": "admin"},
    )
    api.call("PATCH", path, {"role": "viewer"})
    api.call("POST", "/v1/endpoints", {"name": "New"}, token=made["token"])
    assert api.call("POST", "/v1/endpoints", {"name": "New"}, token=made["token"]).json["needed_role"] == "editor"


def test_a_lowered_member_lowers_all_their_tokens(api):
    api.add_member(Role.ADMIN, token="iet_admin")
    api.call("PATCH", f"{MEMBERS}/mem_iet_admin", {"role": "viewer"})
    assert api.call("GET", "/v1/me", token="iet_admin").json["role"] == "viewer"


def test_a_role_that_is_there_already_changes_nothing(api):
    made = invite(api).json
    before = api.table.data()
    assert api.call("PATCH", f"{MEMBERS}/{made['id']}", {"role": "editor"}).json["version"] == 1
    assert api.table.data() == before


def test_the_owner_hands_over_and_becomes_an_admin(api):
    made, owner = invite(api, role="viewer").json, owner_of(api)
    api.call("GET", "/v1/me", token=made["token"])
    assert api.call("PATCH", f"{MEMBERS}/{made['id']}", {"role": "owner"}).json["role"] == "owner"
    assert owner_of(api)["id"] == made["id"]
    assert api.call("GET", "/v1/me").json["role"] == "admin"
    again = api.call("PATCH", f"{MEMBERS}/{owner['id']}", {"role": "owner"})
    assert (again.status, again.json["needed_role"]) == (403, "owner")


def test_only_the_owner_touches_the_owner(api):
    api.add_member(Role.ADMIN, token="iet_admin")
    path = f"{MEMBERS}/{owner_of(api)['id']}"
    before = api.table.data()
    for body in ({"role": "viewer"}, {"role": "admin"}):
        assert api.call("PATCH", path, body, token="iet_admin").json["needed_role"] == "owner"
        assert (api.call("PATCH", path, body).status, api.call("PATCH", path, body).code) == (409, "conflict")
    assert api.call("PATCH", f"{MEMBERS}/mem_iet_admin", {"role": "owner"}, token="iet_admin").code == "forbidden"
    for by in (OWNER_TOKEN, "iet_admin"):
        assert (api.call("DELETE", path, token=by).status, api.call("DELETE", path, token=by).code) == (409, "conflict")
    assert api.table.data() == before


def test_an_owners_lesser_token_does_not_hand_over(api):
    secret = api.call("POST", "/v1/tokens", {"name": "Less", "role": "admin"}).json["token"]
    made = invite(api).json
    assert api.call("PATCH", f"{MEMBERS}/{made['id']}", {"role": "owner"}, token=secret).code == "forbidden"


def test_a_removed_member_and_all_their_tokens_are_gone_at_once(api):
    made = invite(api).json
    secrets = [made["token"]]
    parent = made["token"]  # an invitation's token makes one, and that one the others
    for number in range(MAX_TOKENS_PER_MEMBER - 1):
        body = {"name": f"Token {number}", "role": "viewer"}
        answer = api.call("POST", "/v1/tokens", body, token=parent)
        assert answer.status == 201, answer.text
        secrets.append(answer.json["token"])
        parent = secrets[1]
    path = f"{MEMBERS}/{made['id']}"
    assert api.call("DELETE", f"{path}?confirm=other@example.com").code == "confirmation_mismatch"
    assert api.call("DELETE", path, if_match='"4"').code == "version_conflict"
    assert api.call("DELETE", path).status == 204
    assert {api.call("GET", "/v1/me", token=secret).status for secret in secrets} == {401}
    left = str({key: data for key, data in api.table.data().items() if not key.pk.startswith(("AUDIT", "IDEMP"))})
    assert made["id"] not in left
    assert not [secret for secret in secrets if token_hash(secret) in left]
    assert len(api.audit()[-1]["before"]["tokens"]) == MAX_TOKENS_PER_MEMBER
    assert invite(api).status == 201


def test_members_come_a_page_at_a_time(api):
    for number in range(3):
        invite(api, f"m{number}@example.com")
    first = api.call("GET", f"{MEMBERS}?limit=3").json
    second = api.call("GET", f"{MEMBERS}?limit=3&cursor={first['next']}").json
    emails = [member["email"] for member in first["items"] + second["items"]]
    assert emails == ["owner@localhost", "m0@example.com", "m1@example.com", "m2@example.com"]
    assert second["next"] is None


def test_the_admin_token_passes_to_the_owner_when_its_member_is_removed(api):
    made = invite(api).json
    former = owner_of(api)["id"]
    api.call("GET", "/v1/me", token=made["token"])
    api.call("PATCH", f"{MEMBERS}/{made['id']}", {"role": "owner"})
    secret = api.call("POST", "/v1/tokens", {"name": "New", "role": "editor"}, token=made["token"]).json["token"]
    assert api.call("GET", "/v1/me", token=secret).json["role"] == "editor"
    api.call("DELETE", f"{MEMBERS}/{former}")
    assert api.call("GET", "/v1/me").status == 401
    bootstrap(api.table, token_hash(OWNER_TOKEN), api.clock)
    assert api.call("GET", "/v1/me").json["member"]["id"] == made["id"]
    assert api.call("GET", "/v1/me").json["role"] == "owner"
