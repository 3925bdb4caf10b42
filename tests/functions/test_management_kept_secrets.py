"""Credentials that are given for an environment: named by it or gone, whatever fails or is killed on the way."""

import itertools
from contextlib import suppress

import pytest

from domain.errors import Undelivered
from domain.records.kept_secrets import forget_unless_named, sweep_secrets
from domain.records.keys import BEGUN_SECRETS, environment_key
from schemas.limits import BEGUN_SECRET_SECONDS
from tests.destinations import BIGQUERY, CREDENTIALS
from tests.killed import Killed
from tests.management_api import Api

WITH_KEY = {**BIGQUERY, "credentials": CREDENTIALS}
LATER_NS = (BEGUN_SECRET_SECONDS + 1) * 1_000_000_000


class Frail:
    """A port whose calls, counted over all of them, fail at one and, if the process is killed there, ever after."""

    def __init__(self, port, steps, names):
        self._port = port
        self._steps = steps
        self._names = names

    def __getattr__(self, name):
        method = getattr(self._port, name)
        if name not in self._names:
            return method

        def call(*arguments, **more):
            self._steps.take()
            result = method(*arguments, **more)
            self._steps.take()
            return result

        return call


class Steps:
    def __init__(self, fails_at, failure, *, for_good):
        self.fails_at, self.failure, self.for_good = fails_at, failure, for_good
        self.taken = -1

    def take(self):
        self.taken += 1
        if self.taken == self.fails_at or (self.for_good and self.taken > self.fails_at):
            raise self.failure

    @property
    def has_failed(self):
        return self.taken >= self.fails_at


def secrets_of(api, endpoint):
    rows = api.call("GET", f"/v1/endpoints/{endpoint['id']}/environments").json["items"]
    found = (api.table.get(environment_key(endpoint["id"], row["id"])).data["secret"] for row in rows)
    return sorted(filter(None, found))


def later(api):
    return lambda: api.clock() + LATER_NS


def serve_frail(api, steps):
    table, secrets = api.table, api.secrets
    api.secrets = Frail(secrets, steps, ("put", "delete"))
    api.handler = api.serve(table=Frail(table, steps, ("transact",)))
    api.secrets = secrets


@pytest.mark.parametrize(
    ("failure", "for_good"), [(Killed(), True), (Undelivered("It can't be reached."), False)], ids=["killed", "failing"]
)
@pytest.mark.parametrize("changes", [False, True], ids=["created", "changed"])
def test_a_secret_is_named_or_goes_whatever_happens_between_any_two_calls(failure, for_good, changes):
    for step in itertools.count():
        api = Api()
        endpoint = api.endpoint()
        revision = api.finalised(endpoint)
        body = {"name": "Live", "revision_id": revision["id"], "destination": WITH_KEY}
        path = f"/v1/endpoints/{endpoint['id']}/environments"
        method, target = "POST", path
        if changes:
            made = api.call("POST", path, body).json
            method, target, body = "PATCH", f"/v1/environments/{made['id']}", {"destination": WITH_KEY}
        steps = Steps(step, failure, for_good=for_good)
        serve_frail(api, steps)
        with suppress(Killed):
            api.call(method, target, body)
        api.handler = api.serve()
        sweep_secrets(api.table, api.secrets, later(api))
        named = secrets_of(api, endpoint)
        stale = [
            name
            for row in api.call("GET", path).json["items"]
            for name in api.table.get(environment_key(endpoint["id"], row["id"])).data.get("stale_secrets", ())
        ]
        assert sorted(api.secrets.secrets) == sorted([*named, *stale]), step
        assert api.table.query(BEGUN_SECRETS) == [], step
        if not steps.has_failed:
            break
    assert step >= 6


def test_what_is_under_way_is_left_alone_and_what_is_going_can_be_named_no_more():
    api = Api()
    endpoint = api.endpoint()
    swept = []
    put = api.secrets.put

    def put_slowly(name, secret):
        put(name, secret)
        swept.append(sweep_secrets(api.table, api.secrets, api.clock))
        assert name in api.secrets.secrets
        swept.append(forget_unless_named(api.table, api.secrets, name))

    api.secrets.put = put_slowly
    revision = api.finalised(endpoint)
    body = {"name": "Live", "revision_id": revision["id"], "destination": WITH_KEY}
    answer = api.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", body)
    assert swept == [0, True]
    assert answer.code == "conflict"
    assert secrets_of(api, endpoint) == []


def test_a_secret_that_can_not_be_removed_now_goes_with_a_later_sweep():
    api = Api()
    endpoint = api.endpoint()
    revision = api.finalised(endpoint)
    api.handler = api.serve()
    delete, put = api.secrets.delete, api.secrets.put

    def fails(*_):
        raise Undelivered("It can't be reached.")

    def put_and_lose_the_answer(name, secret):
        put(name, secret)
        fails()

    api.secrets.delete, api.secrets.put = fails, put_and_lose_the_answer
    body = {"name": "Live", "revision_id": revision["id"], "destination": WITH_KEY}
    assert api.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", body).status == 503
    assert sweep_secrets(api.table, api.secrets, later(api)) == 0
    assert len(api.secrets.secrets) == 1
    api.secrets.delete = delete
    assert sweep_secrets(api.table, api.secrets, later(api)) == 1
    assert api.secrets.secrets == {}
    assert api.table.query(BEGUN_SECRETS) == []
