"""One deployment for all of these tests: they run in the order of their files, and the last takes it down."""

import os

import pytest

from benchmarks.local_run import free_port
from infra.deployment import make_app
from local.bigquery_emulator import BigQueryEmulator, is_installed
from tests.e2e_aws.cdk import Cdk
from tests.e2e_aws.deployment import DOMAIN, LAKE, S3, Deployment, stage_settings
from tests.e2e_aws.emulator import running_emulator
from tests.e2e_aws.quirks import adapt


@pytest.fixture(scope="session")
def bigquery(tmp_path_factory):
    """An emulated BigQuery, or None where there can be none."""
    if not is_installed():
        assert not os.environ.get("CI"), "NO BIGQUERY EMULATOR: it needs a Python 3.13; then run `make local-bigquery`."
        yield None
        return
    with BigQueryEmulator(tmp_path_factory.mktemp("bigquery"), free_port()) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def deployment(tmp_path_factory, bigquery):
    """The app, deployed into an emulated AWS by the CDK's own command line."""
    folder = tmp_path_factory.mktemp("aws")
    with running_emulator(folder, [DOMAIN]) as emulator:
        settings = stage_settings(emulator, bigquery.address if bigquery else None)
        make_app(None, settings, outdir=str(folder / "cdk.out")).synth()
        adapt(folder / "cdk.out")
        cdk = Cdk(emulator, folder / "cdk.out")
        cdk.bootstrap()
        deployment = Deployment(emulator, cdk, settings)
        with deployment.http:
            yield deployment


@pytest.fixture(scope="session")
def shop(deployment):
    """An environment that delivers to the deployment's bucket, at a domain of its own; nobody deletes it."""
    endpoint_id = deployment.make_endpoint("Shop with a domain")
    revision_id = deployment.make_revision(endpoint_id, "FLOAT")
    environment_id = deployment.make_environment(endpoint_id, revision_id, S3)
    deployment.serve_on_domain(environment_id)
    return environment_id


@pytest.fixture(scope="session")
def lake(deployment):
    """An environment that delivers to the deployment's lake, at a revision whose price is an INT; nobody deletes it."""
    endpoint_id = deployment.make_endpoint("Shop with a lake")
    return deployment.make_environment(endpoint_id, deployment.make_revision(endpoint_id, "INT"), LAKE)
