"""The bootstrap function: how the first owner of a deployment on AWS comes to be."""

import pytest

from domain.access.access import authenticate, token_hash
from domain.access.first_organisation import make_first_organisation, owner_of_first
from domain.access.sign_ins import choose_membership, welcome_owner
from domain.errors import Misconfigured, Undelivered
from domain.records.caller import SignIn
from domain.records.keys import FIRST_ORGANISATION
from functions.bootstrap.handler import TOKEN_SECRET, make_handler
from tests.management_api import START_NS, Clock
from tests.memory_table import MemoryTable

EMAIL = "owner@example.com"


class Secrets(dict):
    """Secrets in memory, which fail while `refuses`."""

    refuses = False

    def put(self, name, secret):
        if self.refuses:
            raise Undelivered("unreachable")
        self[name] = secret


class House:
    def __init__(self, owner_email=EMAIL):
        self.clock = Clock()
        self.table = MemoryTable(self.clock)
        self.secrets = Secrets()
        self._handler = make_handler(
            table=self.table,
            secrets=self.secrets,
            clock=self.clock,
            secret_prefix="ingest-dev/",
            owner_email=owner_email,
        )

    def call(self, **event):
        return self._handler(event, None)

    @property
    def token(self):
        return self.secrets[TOKEN_SECRET]

    def role_of(self, token):
        principal = authenticate(self.table, token_hash(token), self.clock())
        return principal and (principal.role, principal.member_email)


@pytest.fixture
def house():
    return House()


def test_the_first_call_makes_the_organisation_and_says_where_its_owners_token_is(house):
    answer = house.call()
    first = house.table.get(FIRST_ORGANISATION)
    assert answer == {
        "organisation_id": first.data["organisation_id"],
        "owner_email": EMAIL,
        "token_secret": "ingest-dev/admin-token",
    }
    assert house.role_of(house.token) == ("owner", EMAIL)
    assert house.token not in str(answer)
    assert house.token not in str(house.table.data())


def test_a_second_call_changes_nothing(house):
    answer, token = house.call(), None
    token, before = house.token, house.table.data()
    assert house.call() == answer
    assert (house.token, house.table.data()) == (token, before)


def test_the_operator_may_say_whose_it_is(house):
    assert house.call(owner_email="ann@example.com")["owner_email"] == "ann@example.com"
    assert house.call(owner_email="bob@example.com")["owner_email"] == "ann@example.com"


def test_a_new_token_ends_the_one_before(house):
    house.call()
    old = house.token
    house.call(rotate=True)
    assert house.role_of(house.token) == ("owner", EMAIL)
    assert house.token != old
    assert house.role_of(old) is None


def test_a_deployment_that_its_owner_made_by_signing_in_gets_a_token_too():
    house = House(owner_email=None)
    make_first_organisation(house.table, START_NS, EMAIL)
    assert house.call()["owner_email"] == EMAIL
    assert house.role_of(house.token) == ("owner", EMAIL)


def test_a_token_that_cannot_be_kept_ends_no_other(house):
    house.call()
    old = house.token
    house.secrets.refuses = True
    with pytest.raises(Undelivered):
        house.call(rotate=True)
    assert house.role_of(old) == ("owner", EMAIL)


def test_a_call_that_ended_between_keeping_and_binding_is_mended_by_the_next(house):
    house.call()
    house.secrets[TOKEN_SECRET] = "iet_kept_but_not_bound"
    house.call()
    assert house.role_of("iet_kept_but_not_bound") == ("owner", EMAIL)


def test_the_owner_can_sign_in_as_another_user_after_the_first_is_forgotten(house):
    house.call()

    def sign_in(subject):
        person = SignIn(subject, EMAIL, 2**40)
        welcome_owner(house.table, person, EMAIL, START_NS, "203.0.113.7")
        return choose_membership(house.table, person, None)

    assert sign_in("first").role == "owner"
    house.call(forget_sign_in=True)
    assert sign_in("second").role == "owner"
    assert owner_of_first(house.table).data["subject"] == "second"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"owner": "x"}, "no owner"),
        ({"owner_email": "nobody"}, "e-mail"),
        ({"owner_email": None}, "whose"),
        ({"owner_email": "a" * 250 + "@x.org"}, "e-mail"),
        ({"rotate": "yes"}, "rotate"),
        ({"forget_sign_in": 1}, "forget_sign_in"),
    ],
)
def test_an_event_that_cannot_be_meant_is_refused_and_changes_nothing(event, message):
    house = House(owner_email=None)
    with pytest.raises(Misconfigured, match=message):
        house.call(**event)
    assert (house.secrets, house.table.data()) == ({}, {})
