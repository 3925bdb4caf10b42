"""How every test runs: generated examples may take their time, and CI judges the same ones each time."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "tests",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("tests")


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are processors: many tests wait for a browser, a server, or time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def postgres():
    """Return a PostgreSQL server, one for all tests of a process."""
    from tests.postgres_server import binaries, running_server  # no test that needs none waits for its packages

    if binaries() is None:
        message = "There is no PostgreSQL on this machine; `make postgres` installs it."
        if "CI" in os.environ:
            pytest.fail(message)
        pytest.skip(message)
    with running_server() as server:
        yield server
