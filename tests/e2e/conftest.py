import pytest

from benchmarks.local_run import LocalRun


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A local run of the module's own, on a free port with an empty state folder."""
    with LocalRun(tmp_path_factory.mktemp("local") / "state") as run:
        yield run


@pytest.fixture(scope="module")
def api(run):
    with run.client() as client:
        yield client
