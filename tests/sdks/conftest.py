import pytest

from benchmarks.local_run import LocalRun


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A local run for all SDKs, on a free port with an empty state folder."""
    with LocalRun(tmp_path_factory.mktemp("sdks") / "state") as run:
        yield run


@pytest.fixture(scope="session")
def api(run):
    with run.client() as client:
        yield client
