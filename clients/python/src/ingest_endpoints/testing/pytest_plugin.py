"""Fixtures for pytest: `ingest_run`, a local run for the session, and `ingest`, its environment in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest_endpoints.testing.local_run import LocalRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest_endpoints.testing.environment import Environment

_SCHEMAS = "ingest_schemas"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have schemas named in the configuration of pytest."""
    parser.addini(
        _SCHEMAS, "Schemas of the local run that `ingest` starts, YAML or JSON files", type="paths", default=[]
    )


@pytest.fixture(scope="session")
def ingest_schemas(pytestconfig: pytest.Config) -> list[Path]:
    """Return the files of schemas: `ingest_schemas` of the configuration, or override this fixture."""
    found: list[Path] = pytestconfig.getini(_SCHEMAS)
    return found


@pytest.fixture(scope="session")
def ingest_run(ingest_schemas: list[Path]) -> Iterator[LocalRun]:
    """Give a local run with an environment for each schema; each worker of pytest-xdist has its own."""
    if not ingest_schemas:
        raise pytest.UsageError("Name the schema that events are checked against: `ingest_schemas = orders.yaml`.")
    with LocalRun(ingest_schemas) as run:
        yield run


@pytest.fixture
def ingest(ingest_run: LocalRun) -> Environment:
    """Give the environment of the first schema; it counts what arrives from the test's start on."""
    for environment in ingest_run.environments.values():
        environment.restart()
    return next(iter(ingest_run.environments.values()))
