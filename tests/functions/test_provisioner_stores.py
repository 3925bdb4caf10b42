"""What the provisioner makes of destinations, and which secrets it removes, and when."""

import pytest

from domain.records.keys import environment_key
from functions.provisioner.steps import StillInUse
from functions.provisioner.stores import Stores
from schemas.limits import LEAVING_SECRETS_SECONDS
from tests.destinations import BIGQUERY, CREDENTIALS
from tests.management_api import Api

WITH_KEY = {**BIGQUERY, "credentials": CREDENTIALS}


class World:
    def __init__(self):
        self.api = Api()
        self.endpoint = self.api.endpoint()
        self.environment = self.api.environment(self.endpoint, destination=WITH_KEY)
        self.later_ns = 0
        self.stores = Stores(
            self.api.table, self.api.connectors, self.api.secrets, lambda: self.api.clock() + self.later_ns
        )

    @property
    def item(self):
        return self.api.table.get(environment_key(self.endpoint["id"], self.environment["id"])).data


@pytest.fixture
def world():
    return World()


def test_tables_and_the_view_are_made_as_often_as_one_likes(world):
    for _ in range(2):
        world.stores.make(world.item)
    (name,) = {row["table"] for row in world.item["tables"]}
    assert world.api.connectors.bigquery.tables == [name, name]
    assert world.api.connectors.bigquery.views == [[name], [name]]


def test_credentials_that_were_replaced_go_and_those_in_force_stay(world):
    path = f"/v1/environments/{world.environment['id']}"
    world.api.call("PATCH", path, {"destination": {**BIGQUERY, "credentials": CREDENTIALS}})
    assert len(world.api.secrets.secrets) == 2
    world.stores.make(world.item)
    assert list(world.api.secrets.secrets) == [world.item["secret"]]
    assert world.item["stale_secrets"] == []


def test_secrets_of_a_deleted_environment_go_once_its_last_events_have_arrived(world):
    world.api.call("DELETE", f"/v1/environments/{world.environment['id']}?confirm=Live")
    with pytest.raises(StillInUse):
        world.stores.remove(world.environment["id"])
    assert len(world.api.secrets.secrets) == 1
    world.later_ns = (LEAVING_SECRETS_SECONDS + 1) * 1_000_000_000
    for _ in range(2):
        world.stores.remove(world.environment["id"])
    assert world.api.secrets.secrets == {}
