"""Members, roles, tokens and endpoints that are changed by two at once: whoever is second sees what the first did."""

import pytest

from domain.access import members, organisations, tokens
from domain.access.access import authenticate, token_hash
from domain.access.first_organisation import bootstrap
from domain.catalog import endpoints
from domain.errors import Rejected
from domain.ids import new_id
from domain.records.caller import Call
from domain.records.change import Catalog
from schemas.codes import Problem
from tests.destinations import FakeConnectors, MemorySecrets
from tests.management_api import Clock, ProvisionQueue
from tests.memory_table import MemoryTable
from tests.memory_usage import MemoryUsage


class House:
    """A catalog whose transactions somebody can get ahead of, and callers."""

    def __init__(self):
        self.clock = Clock()
        self.table = MemoryTable(self.clock)
        bootstrap(self.table, token_hash("iet_owner"), self.clock)
        self.catalog = Catalog(
            self.table,
            ProvisionQueue(),
            self.clock,
            new_id,
            "https://in.example.com",
            "ingest-",
            FakeConnectors(),
            MemorySecrets(),
        )
        self.owner = self.caller("iet_owner")

    def caller(self, token):
        return Call(authenticate(self.table, token_hash(token), self.clock()), "203.0.113.7")

    def invite(self, email, role="editor", by=None):
        return members.invite_member(self.catalog, by or self.owner, email, role)

    def roles(self):
        return {
            member["email"]: member["role"]
            for member in members.list_members(self.catalog, self.owner, 50, None)["items"]
        }

    def overtake(self, faster, slower):
        """Run `slower` with `faster` done between what it reads and what it writes; return why it was refused."""
        self.table.before_transact = faster
        with pytest.raises(Rejected) as caught:
            slower()
        return caught.value.code


@pytest.fixture
def house():
    return House()


def test_of_two_who_invite_one_address_at_once_one_does(house):
    code = house.overtake(lambda: house.invite("eva@example.com"), lambda: house.invite("EVA@example.com"))
    assert code == Problem.NAME_TAKEN
    assert list(house.roles()) == ["owner@localhost", "eva@example.com"]


def test_of_two_hand_overs_at_once_one_happens(house):
    one, two = house.invite("one@example.com"), house.invite("two@example.com")
    for invited in (one, two):
        house.caller(invited["token"])

    def hand_over(member):
        members.change_member(house.catalog, house.owner, member["id"], "owner")

    assert house.overtake(lambda: hand_over(one), lambda: hand_over(two)) == Problem.FORBIDDEN
    assert house.roles() == {"owner@localhost": "admin", "one@example.com": "owner", "two@example.com": "editor"}


def test_who_loses_a_role_meanwhile_can_not_give_it(house):
    admin = house.invite("admin@example.com", "admin")
    caller = house.caller(admin["token"])

    def lower():
        members.change_member(house.catalog, house.owner, admin["id"], "editor")

    code = house.overtake(lower, lambda: house.invite("eva@example.com", "admin", by=caller))
    assert code == Problem.FORBIDDEN
    assert "eva@example.com" not in house.roles()


def test_a_member_removed_while_they_make_a_token_makes_none(house):
    made = house.invite("eva@example.com")
    caller = house.caller(made["token"])
    code = house.overtake(
        lambda: members.remove_member(house.catalog, house.owner, made["id"], None),
        lambda: tokens.create_token(house.catalog, caller, "Late", "viewer", None),
    )
    assert code == Problem.UNAUTHENTICATED
    assert not [key for key in house.table.data() if made["id"] in key.sk]


def test_a_token_made_while_its_member_is_removed_goes_with_them(house):
    made = house.invite("eva@example.com")
    caller = house.caller(made["token"])
    late = []
    house.table.before_transact = lambda: late.append(
        tokens.create_token(house.catalog, caller, "Late", "viewer", None)
    )
    members.remove_member(house.catalog, house.owner, made["id"], None)
    assert authenticate(house.table, token_hash(late[0]["token"]), house.clock()) is None
    assert late[0]["id"] not in str(list(house.table.data()))


def test_two_endpoints_made_at_once_do_not_exceed_the_plan(house):
    organisations.change_organisation(house.catalog, MemoryUsage(), house.owner, {"plan": {"max_endpoints": 1}})

    def create(name):
        return endpoints.create_endpoint(house.catalog, house.owner, name, None)

    assert house.overtake(lambda: create("One"), lambda: create("Two")) == Problem.LIMIT_REACHED
    page = endpoints.list_endpoints(house.catalog, house.owner, 50, None)
    assert [endpoint["name"] for endpoint in page["items"]] == ["One"]


def test_an_endpoint_made_and_one_deleted_at_once_are_both_counted(house):
    def create(name):
        return endpoints.create_endpoint(house.catalog, house.owner, name, None)

    first = create("First")
    house.table.before_transact = lambda: endpoints.delete_endpoint(house.catalog, house.owner, first["id"], "First")
    create("Second")
    shown = organisations.get_organisation(house.catalog, MemoryUsage(), house.owner)
    assert shown["limits"]["endpoints"]["used"] == 1
