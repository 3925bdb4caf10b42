"""People who sign in: the management function behind its authorizer."""

import pytest

from adapters.cognito.keys import PoolKeys
from adapters.cognito.tokens import PoolTokens
from domain.access.access import token_hash
from domain.access.addresses import email_key
from domain.access.first_organisation import owner_of_first
from domain.access.login_service import User
from domain.access.sign_ins import forget_sign_in
from domain.records.caller import Role
from domain.records.keys import FIRST_ORGANISATION, login_key, member_key, name_digest
from domain.records.ports import Delete, Put
from functions.authorizer.handler import make_handler as make_authorizer
from schemas.items import ItemKey
from schemas.limits import MAX_MEMBERSHIPS
from tests.management_api import OWNER_TOKEN, START_NS, Api
from tests.memory_table import MemoryTable
from tests.pool import CLIENT, ISSUER, Pool

OWNER_EMAIL = "Owner@Example.com"


class Gateway(Api):
    """A management function with an authorizer in front, as an HTTP API has it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pool = Pool(START_NS // 1_000_000_000)
        self.signed_in("ann", "ann@example.com")
        self._behind = self.handler
        self.put_in_front()
        self.handler = self.authorized

    def put_in_front(self) -> None:
        """Start an authorizer anew: one that remembers nothing."""
        keys = PoolKeys(self.pool.fetch, lambda: 0.0)
        verifier = PoolTokens(keys, ISSUER, (CLIENT,))
        self.authorizer = make_authorizer(table=self.table, clock=self.clock, verifier=verifier, users=self.pool)

    def signed_in(self, name: str, email: str | None) -> str:
        self.pool.users[name] = User(email)
        return self.pool.token(name)

    def authorized(self, event, context):
        found = self.authorizer({"version": "2.0", "type": "REQUEST", "headers": event["headers"]}, None)
        assert found["isAuthorized"]
        request_context = {**event["requestContext"], "authorizer": {"lambda": found["context"]}}
        return self._behind({**event, "requestContext": request_context}, context)

    def invite(self, email: str, role: str = "editor", **sent) -> dict:
        answer = self.call("POST", "/v1/organisation/members", {"email": email, "role": role}, **sent)
        assert answer.status == 201, answer.text
        return answer.json

    def accept(self, person: str, invitation_id: str):
        return self.call("POST", f"/v1/invitations/{invitation_id}/accept", token=person)

    def join(self, email: str, role: str = "editor") -> dict:
        """Invite the user of the pool who has an address, and have them accept."""
        member = self.invite(email, role)
        name = next(name for name, user in self.pool.users.items() if user.email == email)
        assert self.accept(self.pool.token(name), member["id"]).status == 200
        return member


@pytest.fixture
def gateway():
    return Gateway()


def me(gateway, token, **sent):
    return gateway.call("GET", "/v1/me", token=token, **sent)


def test_a_personal_token_means_the_same_behind_the_authorizer(gateway):
    assert me(gateway, OWNER_TOKEN).json["role"] == "owner"
    made = gateway.call("POST", "/v1/tokens", {"name": "CI", "role": "viewer"}).json
    assert me(gateway, made["token"]).json["role"] == "viewer"
    assert gateway.call("DELETE", f"/v1/tokens/{made['id']}").status == 204
    # The authorizer remembers where the token stood.
    answer = me(gateway, made["token"])
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", [None, "", "iet_wrong", "a.b.c"])
def test_no_credential_is_401_with_a_problem(gateway, token):
    answer = me(gateway, token)
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_what_anybody_may_read_needs_no_credential(gateway):
    assert gateway.call("GET", "/v1/openapi.json", token=None).status == 200


def test_what_cannot_be_checked_is_503(gateway):
    gateway.pool.is_down = True
    answer = me(gateway, gateway.pool.token("ann"))
    assert (answer.status, answer.code) == (503, "undeliverable")


def test_a_token_of_the_pool_means_nothing_without_an_authorizer_in_front(gateway):
    gateway.invite("ann@example.com")
    gateway.handler = gateway._behind
    assert me(gateway, gateway.pool.token("ann")).status == 401


def test_nobody_is_a_member_before_they_accept(gateway):
    ann = gateway.pool.token("ann")
    refused = me(gateway, ann)
    assert (refused.status, refused.code) == (403, "forbidden")
    assert "have an admin invite" in refused.json["message"]
    member = gateway.invite("Ann@Example.com")
    before = gateway.table.data()
    refused = me(gateway, ann)
    assert (refused.status, "/v1/invitations" in refused.json["message"]) == (403, True)
    assert me(gateway, ann, x_organisation_id=gateway.organisation_id).status == 403
    (shown,) = gateway.call("GET", "/v1/invitations", token=ann).json["items"]
    assert shown == {
        "id": member["id"],
        "organisation": {"id": gateway.organisation_id, "name": "My organisation"},
        "role": "editor",
        "invited_by": "owner@localhost",
        "invited_at": member["created_at"],
    }
    assert gateway.table.data() == before


def test_me_counts_the_invitations_of_a_member_of_another_organisation(gateway):
    ann = gateway.pool.token("ann")
    gateway.accept(ann, gateway.invite("ann@example.com")["id"])
    assert me(gateway, ann).json["invitations"] == 0
    gateway.add_member(Role.OWNER, token="iet_other", organisation="org_other")
    gateway.call("POST", "/v1/organisation/members", {"email": "ann@example.com", "role": "viewer"}, token="iet_other")
    assert me(gateway, ann, x_organisation_id=gateway.organisation_id).json["invitations"] == 1


def test_accepting_makes_the_member_and_a_second_time_changes_nothing(gateway):
    ann = gateway.pool.token("ann")
    member = gateway.invite("Ann@Example.com")
    accepted = gateway.accept(ann, member["id"])
    membership = {"id": gateway.organisation_id, "name": "My organisation", "role": "editor"}
    assert (accepted.status, accepted.json) == (200, membership)
    shown = me(gateway, ann).json
    assert shown["member"] == {"id": member["id"], "email": "Ann@Example.com"}
    assert (shown["role"], shown["organisations"]) == ("editor", [membership])
    entry = gateway.audit()[-1]
    assert (entry["action"], entry["source_ip"]) == ("member.accept", "203.0.113.7")
    assert entry["actor"] == {"member_id": member["id"], "name": "Ann@Example.com", "token_id": None}
    assert entry["subject"] == {"type": "member", "id": member["id"]}
    before = gateway.table.data()
    assert gateway.accept(ann, member["id"]).json == membership
    assert me(gateway, ann).json == shown
    assert gateway.table.data() == before
    assert gateway.call("GET", "/v1/invitations", token=ann).json["items"] == []


def test_an_invitation_elsewhere_leaves_a_person_where_they_are(gateway):
    """Organisations come in the order of their ids; that of the second is the older one here."""
    victim = gateway.call("POST", "/v1/organisations", {"name": "Victim", "owner_email": "vera@example.com"}).json
    vera = gateway.signed_in("vera", "vera@example.com")
    assert gateway.accept(vera, victim["owner"]["id"]).status == 200
    invited = gateway.invite("vera@example.com", "admin")
    assert gateway.organisation_id < victim["id"]
    assert me(gateway, vera).json["organisation"]["name"] == "Victim"
    assert gateway.accept(vera, invited["id"]).status == 200
    answer = me(gateway, vera)
    assert (answer.status, answer.code) == (409, "choose_organisation")
    assert [row["name"] for row in answer.json["organisations"]] == ["Victim", "My organisation"]
    listed = gateway.call("GET", "/v1/memberships", token=vera).json["items"]
    assert listed == answer.json["organisations"]
    for name in ("/v1/endpoints", "/v1/organisation", "/v1/tokens"):
        assert gateway.call("GET", name, token=vera).code == "choose_organisation"
    made = gateway.call("POST", "/v1/endpoints", {"name": "Shop"}, token=vera)
    assert made.code == "choose_organisation"


def test_a_declined_invitation_leaves_nothing_behind(gateway):
    ann = gateway.pool.token("ann")
    before = [key for key in gateway.table.data() if not key.pk.startswith("AUDIT")]
    member = gateway.invite("ann@example.com")
    path = f"/v1/invitations/{member['id']}"
    assert gateway.call("DELETE", path, token=ann).status == 204
    assert [key for key in gateway.table.data() if not key.pk.startswith("AUDIT")] == before
    assert me(gateway, member["token"]).status == 401
    entry = gateway.audit()[-1]
    assert (entry["action"], entry["actor"]["member_id"]) == ("member.decline", member["id"])
    assert gateway.call("DELETE", path, token=ann).status == 404
    assert gateway.accept(ann, member["id"]).status == 404
    assert gateway.invite("ann@example.com")["id"] != member["id"]


def test_who_is_to_own_an_organisation_can_not_decline_and_a_member_can_not_either(gateway):
    ann = gateway.pool.token("ann")
    made = gateway.call("POST", "/v1/organisations", {"name": "Branch", "owner_email": "ann@example.com"}).json
    assert gateway.call("DELETE", f"/v1/invitations/{made['owner']['id']}", token=ann).code == "conflict"
    member = gateway.join("ann@example.com")
    assert gateway.call("DELETE", f"/v1/invitations/{member['id']}", token=ann).status == 404


def test_an_invitation_is_seen_and_answered_by_the_owner_of_its_address_alone(gateway):
    member = gateway.invite("ann@example.com")
    bob, unverified = gateway.signed_in("bob", "bob@example.com"), gateway.signed_in("eve", None)
    before = gateway.table.data()
    for token in (bob, unverified, OWNER_TOKEN):
        assert gateway.call("GET", "/v1/invitations", token=token).json == {"items": [], "next": None}
        assert gateway.accept(token, member["id"]).status == 404
        assert gateway.call("DELETE", f"/v1/invitations/{member['id']}", token=token).status == 404
    assert gateway.table.data() == before


def test_addresses_that_only_fold_to_the_same_are_two(gateway):
    for stored, other in (("ann@strasse.example", "ann@straße.example"), ("mark@example.com", "mar\u212a@example.com")):
        gateway.invite(stored)
        person = gateway.signed_in("other", other)
        gateway.put_in_front()
        assert gateway.call("GET", "/v1/invitations", token=person).json["items"] == []
    gateway.invite("ann@straße.example")
    for same in ("Ann@STRASSE.example", "ann@xn--strae-oqa.example"):
        person = gateway.signed_in(same, same)
        assert len(gateway.call("GET", "/v1/invitations", token=person).json["items"]) == 1


def test_an_address_that_was_stored_under_its_folded_form_is_found(gateway):
    member = gateway.invite("ann@straße.example")
    key = email_key("ann@straße.example", gateway.organisation_id)
    folded = ItemKey(f"EMAIL#{name_digest('ann@straße.example')}", gateway.organisation_id)
    gateway.table.transact([Delete(key, 1), Put(folded, {"member_id": member["id"]}, 0)])
    twice = gateway.call("POST", "/v1/organisation/members", {"email": "ann@straße.example", "role": "viewer"})
    assert twice.code == "name_taken"
    person = gateway.signed_in("ann", "ann@straße.example")
    assert gateway.accept(person, member["id"]).status == 200
    gateway.call("DELETE", f"/v1/organisation/members/{member['id']}")
    assert folded not in gateway.table.data()


def test_a_person_joins_a_bounded_number_of_organisations(gateway):
    ann = gateway.pool.token("ann")
    gateway.table.transact(
        [Put(login_key("ann", f"org_{number}"), {"member_id": "mem_1"}, 0) for number in range(MAX_MEMBERSHIPS)]
    )
    assert gateway.accept(ann, gateway.invite("ann@example.com")["id"]).code == "limit_reached"


def test_what_a_person_does_is_theirs_in_the_audit_log(gateway):
    gateway.join("ann@example.com")
    ann = gateway.pool.token("ann")
    made = gateway.call("POST", "/v1/endpoints", {"name": "Shop"}, token=ann, idempotency_key="one")
    assert made.status == 201
    again = gateway.call("POST", "/v1/endpoints", {"name": "Shop"}, token=ann, idempotency_key="one")
    assert again.text == made.text
    actor = gateway.audit()[-1]["actor"]
    assert (actor["name"], actor["token_id"]) == ("ann@example.com", None)
    token = gateway.call("POST", "/v1/tokens", {"name": "CI", "role": "viewer"}, token=ann).json["token"]
    assert me(gateway, token).json["member"]["email"] == "ann@example.com"
    refused = gateway.call("DELETE", f"/v1/endpoints/{made.json['id']}?confirm=Shop", token=ann)
    assert (refused.code, refused.json["needed_role"]) == ("forbidden", "admin")


def test_an_address_that_is_not_verified_makes_nobody_a_member(gateway):
    gateway.invite("eve@example.com")
    eve = gateway.signed_in("eve", None)
    refused = me(gateway, eve)
    assert (refused.status, "verify" in refused.json["message"]) == (403, True)
    assert not any(entry["action"] == "member.accept" for entry in gateway.audit())


def test_another_user_with_the_address_is_not_the_member(gateway):
    gateway.join("ann@example.com")
    other = gateway.signed_in("other", "ann@example.com")
    refused = me(gateway, other)
    assert (refused.status, "another user" in refused.json["message"]) == (403, True)
    assert me(gateway, gateway.pool.token("ann")).status == 200


def test_a_member_who_changes_their_address_stays_the_member(gateway):
    gateway.join("ann@example.com")
    ann = gateway.pool.token("ann")
    gateway.signed_in("ann", "ann@elsewhere.example")
    gateway.put_in_front()
    assert me(gateway, ann).json["member"]["email"] == "ann@example.com"


def test_a_removed_member_and_a_lowered_role_count_at_once(gateway):
    member = gateway.join("ann@example.com", "admin")
    ann = gateway.pool.token("ann")
    assert me(gateway, ann).json["role"] == "admin"
    path = f"/v1/organisation/members/{member['id']}"
    gateway.call("PATCH", path, {"role": "viewer"})
    assert me(gateway, ann).json["role"] == "viewer"
    assert gateway.call("DELETE", path).status == 204
    assert me(gateway, ann).status == 403
    again = gateway.join("ann@example.com", "viewer")
    assert me(gateway, ann).json["member"]["id"] == again["id"] != member["id"]


def test_a_member_of_several_organisations_chooses_by_header(gateway):
    gateway.join("ann@example.com")
    ann = gateway.pool.token("ann")
    branch = gateway.call("POST", "/v1/organisations", {"name": "Branch", "owner_email": "ann@example.com"}).json
    assert gateway.accept(ann, branch["owner"]["id"]).status == 200
    shown = me(gateway, ann, x_organisation_id=gateway.organisation_id).json
    assert [(row["name"], row["role"]) for row in shown["organisations"]] == [
        ("My organisation", "editor"),
        ("Branch", "owner"),
    ]
    assert shown["organisation"]["id"] == gateway.organisation_id
    chosen = me(gateway, ann, x_organisation_id=branch["id"]).json
    assert (chosen["organisation"]["name"], chosen["role"]) == ("Branch", "owner")
    made = gateway.call("POST", "/v1/endpoints", {"name": "Shop"}, token=ann, x_organisation_id=branch["id"]).json
    found = gateway.call("GET", f"/v1/endpoints/{made['id']}", token=ann, x_organisation_id=gateway.organisation_id)
    assert found.status == 404
    for other in ("org_unknown", ""):
        refused = me(gateway, ann, x_organisation_id=other)
        assert (refused.status, "X-Organisation-Id" in refused.json["message"]) == (403, True)


def test_a_token_is_of_one_organisation_whatever_the_header_asks_for(gateway):
    assert me(gateway, OWNER_TOKEN, x_organisation_id=gateway.organisation_id).status == 200
    assert me(gateway, OWNER_TOKEN, x_organisation_id="org_other").code == "forbidden"


def test_another_organisation_is_as_unknown_to_a_person_as_one_that_is_not_there(gateway):
    gateway.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    gateway.join("ann@example.com")
    answers = {
        me(gateway, gateway.pool.token("ann"), x_organisation_id=asked).text for asked in ("org_other", "org_none")
    }
    assert len(answers) == 1


def test_a_sign_in_ends_with_its_time_though_the_authorizer_remembers_it(gateway):
    gateway.join("ann@example.com")
    ann = gateway.pool.token("ann", exp=START_NS // 1_000_000_000 + 60)
    found = gateway.authorizer({"headers": {"authorization": f"Bearer {ann}"}}, None)
    gateway.authorizer = lambda *_: found
    assert me(gateway, ann).status == 200
    gateway.clock.now_ns += 60 * 1_000_000_000
    assert me(gateway, ann).status == 401


class NewDeployment(Gateway):
    """One whose catalog is empty, and whose stage says whose it is."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.table = MemoryTable(self.clock)
        self.put_in_front()
        self._behind = self.serve(owner_email=OWNER_EMAIL)


def test_the_owner_of_a_deployment_makes_it_theirs_by_signing_in():
    gateway = NewDeployment()
    assert me(gateway, gateway.pool.token("ann")).status == 403
    assert me(gateway, gateway.signed_in("thief", None)).status == 403
    assert gateway.table.get(FIRST_ORGANISATION) is None
    owner = gateway.signed_in("owner", "owner@example.com")
    shown = me(gateway, owner).json
    assert (shown["role"], shown["member"]["email"]) == ("owner", OWNER_EMAIL)
    assert me(gateway, owner).json == shown
    answer = gateway.call("POST", "/v1/organisations", {"name": "Next", "owner_email": "b@example.com"}, token=owner)
    assert answer.status == 201


def test_the_owners_address_makes_no_second_organisation(gateway):
    gateway._behind = gateway.serve(owner_email="late@example.com")
    assert me(gateway, gateway.signed_in("late", "late@example.com")).status == 403


def test_the_owner_of_a_deployment_whose_first_organisation_is_there_signs_in_as_its_owner(gateway):
    gateway._behind = gateway.serve(owner_email="Owner@localhost")
    assert me(gateway, gateway.signed_in("owner", "owner@localhost")).json["role"] == "owner"


def test_a_sign_in_that_is_forgotten_leaves_the_member_to_the_next_user_with_the_address(gateway):
    owner = owner_of_first(gateway.table)
    assert gateway.accept(gateway.signed_in("first", "owner@localhost"), owner.data["id"]).status == 200
    assert me(gateway, gateway.pool.token("first")).json["role"] == "owner"
    forget_sign_in(gateway.table, owner_of_first(gateway.table))
    forget_sign_in(gateway.table, owner_of_first(gateway.table))
    gateway.signed_in("first", "gone@example.com")
    gateway.put_in_front()
    assert gateway.accept(gateway.signed_in("second", "owner@localhost"), owner.data["id"]).status == 200
    assert me(gateway, gateway.pool.token("second")).json["role"] == "owner"
    assert me(gateway, gateway.pool.token("first")).status == 403


def test_an_invitation_that_is_accepted_twice_at_once_is_accepted_once(gateway):
    member = gateway.invite("ann@example.com")
    ann = gateway.pool.token("ann")
    done = []
    gateway.table.before_transact = lambda: done.append(gateway.accept(ann, member["id"]).status)
    assert gateway.accept(ann, member["id"]).status == 200
    assert done == [200]
    assert gateway.table.get(member_key(gateway.organisation_id, member["id"])).data["subject"] == "ann"
    assert [entry["action"] for entry in gateway.audit()].count("member.accept") == 1


def test_of_two_users_with_the_address_the_first_to_accept_is_the_member(gateway):
    member = gateway.invite("ann@example.com")
    other = gateway.signed_in("other", "ann@example.com")
    gateway.table.before_transact = lambda: gateway.accept(gateway.pool.token("ann"), member["id"])
    assert gateway.accept(other, member["id"]).status == 404
    assert gateway.call("DELETE", f"/v1/invitations/{member['id']}", token=other).status == 404


def test_no_answer_shows_what_the_login_service_calls_a_member(gateway):
    gateway.join("ann@example.com")
    assert "subject" not in str(gateway.call("GET", "/v1/organisation/members").json)
    assert token_hash(OWNER_TOKEN) not in gateway.call("GET", "/v1/audit").text
