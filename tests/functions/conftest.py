"""What the functions' tests start from: a management API and an ingest, each with nothing in it."""

import pytest

from tests.ingest_world import World
from tests.management_api import Api


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def endpoint(api):
    return api.endpoint()


@pytest.fixture
def world():
    return World()
