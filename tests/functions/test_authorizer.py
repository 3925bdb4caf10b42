"""The authorizer as an HTTP API calls it."""

import pytest

from adapters.cognito.keys import PoolKeys
from adapters.cognito.tokens import PoolTokens
from domain.access.access import token_hash
from domain.access.login_service import User, VerifiedToken
from domain.errors import Misconfigured, Undelivered
from domain.records.keys import token_hash_key
from domain.records.ports import Delete
from functions.authorizer.handler import MAX_TOKEN_CHARS, REMEMBERED, REMEMBERED_SECONDS, make_handler
from functions.authorizer.settings import AuthorizerSettings
from tests.management_api import OWNER_TOKEN, START_NS, Api
from tests.pool import CLIENT, ISSUER, Pool

NOW = START_NS // 1_000_000_000
NOTHING = {"credential": "none"}


class House:
    """An authorizer between a pool of users and a catalog."""

    def __init__(self):
        self.now = NOW
        self.pool = Pool(NOW)
        self.pool.users["user-1"] = User("ann@example.com")
        self.api = Api()
        self.reads = 0
        self.catalog_is_down = False
        self.handler = make_handler(
            table=self,
            clock=lambda: self.now * 1_000_000_000,
            verifier=PoolTokens(PoolKeys(self.pool.fetch, lambda: float(self.now)), ISSUER, (CLIENT,)),
            users=self.pool,
        )

    def get(self, key):
        self.reads += 1
        if self.catalog_is_down:
            raise Undelivered("unreachable")
        return self.api.table.get(key)

    def found(self, authorization=None, name="authorization"):
        headers = {"host": "api.example.com"} | ({} if authorization is None else {name: authorization})
        event = {
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": "arn:aws:execute-api:eu-central-1:123456789012:abc/$default/GET/v1/me",
            "identitySource": None,
            "headers": headers,
            "requestContext": {"http": {"method": "GET", "path": "/v1/me"}},
        }
        answer = self.handler(event, None)
        assert answer.keys() == {"isAuthorized", "context"}
        assert answer["isAuthorized"] is True
        assert all(isinstance(value, str | int) for value in answer["context"].values())
        return answer["context"]

    def remove_token(self):
        bound = self.api.table.get(token_hash_key(token_hash(OWNER_TOKEN)))
        self.api.table.transact([Delete(bound.key, bound.version)])


@pytest.fixture
def house():
    return House()


def test_a_personal_token_is_told_by_its_place(house):
    found = house.found(f"Bearer {OWNER_TOKEN}")
    assert found["credential"] == "token"
    assert found["organisation_id"] == house.api.organisation_id
    assert found["token_id"].startswith("tok_")
    assert OWNER_TOKEN not in str(found)


def test_a_sign_in_is_told_by_its_user_with_the_address_that_is_verified(house):
    token = house.pool.token()
    assert house.found(f"Bearer {token}") == {
        "credential": "sign_in",
        "subject": "user-1",
        "email": "ann@example.com",
        "expires_at": NOW + 3_600,
    }
    house.pool.users["user-2"] = User(None)
    assert "email" not in house.found(f"Bearer {house.pool.token('user-2')}")
    assert house.reads == 0


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic abc", "iet_owner", "Bearer iet_wrong", "Bearer a.b.c", "Bearer ï"],
)
def test_what_is_no_credential_is_let_through_as_none(house, authorization):
    assert house.found(authorization) == NOTHING


def test_a_token_without_end_is_not_looked_at(house):
    assert house.found("Bearer iet_" + "a" * MAX_TOKEN_CHARS) == NOTHING
    assert house.reads == 0


def test_names_of_headers_and_schemes_have_no_case(house):
    assert house.found(f"bearer {OWNER_TOKEN}", "Authorization")["credential"] == "token"


def test_a_user_who_is_gone_or_disabled_is_nobody(house):
    token = house.pool.token("user-3")
    assert house.found(f"Bearer {token}") == NOTHING
    house.pool.users["user-3"] = User(None)
    assert house.found(f"Bearer {token}")["credential"] == "sign_in"


def test_a_finding_is_remembered_for_some_minutes_and_no_longer(house):
    token = house.pool.token()
    for _ in range(3):
        house.found(f"Bearer {OWNER_TOKEN}")
        house.found(f"Bearer {token}")
    assert (house.reads, house.pool.asked) == (1, 1)
    house.pool.users["user-1"] = User("new@example.com")
    house.remove_token()
    house.now += REMEMBERED_SECONDS
    assert house.found(f"Bearer {OWNER_TOKEN}") == NOTHING
    assert house.found(f"Bearer {token}")["email"] == "new@example.com"


def test_a_sign_in_is_remembered_no_longer_than_it_lasts(house):
    token = house.pool.token(exp=NOW + 60)
    assert house.found(f"Bearer {token}")["credential"] == "sign_in"
    house.now += 60
    assert house.found(f"Bearer {token}") == NOTHING


def test_what_is_none_is_not_remembered(house):
    house.found("Bearer iet_wrong")
    house.found("Bearer iet_wrong")
    assert house.reads == 2


def test_findings_are_not_remembered_without_end(house):
    class Anybody:
        def verify(self, token, now_seconds):
            return VerifiedToken(token, "user-1", now_seconds + 60)

    handler = make_handler(table=house, clock=lambda: START_NS, verifier=Anybody(), users=house.pool)
    for number in (0, *range(REMEMBERED + 1), REMEMBERED, 0):
        handler({"headers": {"authorization": f"Bearer {number}"}}, None)
    assert house.pool.asked == REMEMBERED + 2


def test_what_cannot_be_looked_up_is_said_to_be_unchecked_and_looked_up_again(house):
    house.catalog_is_down = house.pool.is_down = True
    token = house.pool.token()
    assert house.found(f"Bearer {OWNER_TOKEN}") == {"credential": "unchecked"}
    assert house.found(f"Bearer {token}") == {"credential": "unchecked"}
    house.catalog_is_down = house.pool.is_down = False
    house.now += 60
    assert house.found(f"Bearer {OWNER_TOKEN}")["credential"] == "token"
    assert house.found(f"Bearer {token}")["credential"] == "sign_in"


def test_without_a_pool_nobody_signs_in(house):
    handler = make_handler(table=house, clock=lambda: START_NS)
    event = {"headers": {"authorization": f"Bearer {house.pool.token()}"}}
    assert handler(event, None)["context"] == NOTHING
    assert handler({"headers": {"authorization": f"Bearer {OWNER_TOKEN}"}}, None)["context"]["credential"] == "token"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"user_pool_id": "p", "issuer": ISSUER}, "client_ids"),
        ({"user_pool_id": "p", "client_ids": (CLIENT,)}, "issuer"),
        ({"user_pool_id": "p", "client_ids": (CLIENT,), "issuer": ISSUER, "jwks_url": "http://x/keys"}, "https"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(Misconfigured, match=message):
        AuthorizerSettings("catalog", **settings)


def test_keys_are_where_the_issuer_has_them_unless_said_otherwise():
    settings = AuthorizerSettings("catalog", "p", (CLIENT,), ISSUER)
    assert settings.keys_url == f"{ISSUER}/.well-known/jwks.json"
    emulated = AuthorizerSettings("catalog", "p", (CLIENT,), ISSUER, "http://127.0.0.1:4566/keys")
    assert emulated.keys_url == "http://127.0.0.1:4566/keys"
