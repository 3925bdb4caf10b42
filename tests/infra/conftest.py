"""Synthesized stacks, without bundles: no package is installed for a look at a template."""

import fcntl
import json
import os
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from infra.private_network import PrivateNetwork
from infra.settings.stage import Concurrency, Firewall, HostedZone, StageSettings

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")

ZONE = HostedZone(zone_id="Z0123456789ABCDEFGHIJ", name="example.com")
PLAIN = StageSettings(name="plain")
FULL = StageSettings(
    name="full",
    region="us-east-1",
    hosted_zone=ZONE,
    custom_domain_zone=HostedZone(zone_id="Z9876543210ABCDEFGHIJ", name="events.example.com"),
    ingest_domain="in.example.com",
    console_domain="console.example.com",
    front_door="alb",
    function_url=True,
    alarm_email="on-call@example.com",
    owner_email="owner@example.com",
    concurrency=Concurrency(ingest=100),
    firewall=Firewall(),
    balancer_access_logs=True,
    cloudfront_in_front=True,
    private_network=PrivateNetwork(
        subnet_ids=("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
        security_group_ids=("sg-0123456789abcdef0",),
        postgres_networks=("10.0.8.0/24",),
    ),
    lake=True,
)
"""Everything that a stage may have."""
BOTH = replace(FULL, name="both", front_door="both")
"""The same with the HTTP API and the load balancer side by side."""
BY_URL = replace(FULL, name="url", front_door="function_url", cloudfront_in_front=False)
"""The same with a function URL, behind a distribution of its own."""


@dataclass(frozen=True)
class Synthesized:
    """The templates of one app."""

    templates: dict
    folder: Path

    def resources(self, stack, kind=None):
        """Return the resources of a stack, such as `state`, by their logical names."""
        found = self.templates[stack]["Resources"]
        return {name: entry for name, entry in found.items() if kind in {None, entry["Type"]}}

    def properties(self, stack, kind):
        return {name: entry["Properties"] for name, entry in self.resources(stack, kind).items()}

    def report(self):
        """Return what cdk-nag reported, as (rule, path of the construct)."""
        document = json.loads((self.folder / "validation-report.json").read_text())
        return [
            (violation["ruleName"], construct["constructPath"])
            for plugin in document["pluginReports"]
            for violation in plugin["violations"]
            for construct in violation["violatingConstructs"]
        ]


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory):
    """Return what turns settings into templates; one app is made for the same settings, whichever worker asks."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def run(settings, *, prepare=None):
        if prepare is not None:
            return synthesized(settings, tmp_path_factory.mktemp("cdk.out"), prepare)
        folder = shared / f"cdk.out-{sha256(repr(settings).encode()).hexdigest()[:16]}"
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = folder / "templates.json"
            if not kept.exists():
                kept.write_text(json.dumps(synthesized(settings, folder, lambda app: None).templates))
        return Synthesized(json.loads(kept.read_text()), folder)

    return run


def synthesized(settings, folder, prepare):
    from infra.deployment import make_app

    app = make_app({"aws:cdk:bundling-stacks": []}, settings, outdir=str(folder))
    prepare(app)
    assembly = app.synth()
    return Synthesized({stack.stack_name.rpartition("-")[2]: stack.template for stack in assembly.stacks}, folder)


@pytest.fixture(scope="session")
def plain(synthesize):
    return synthesize(PLAIN)


@pytest.fixture(scope="session")
def full(synthesize):
    return synthesize(FULL)


@pytest.fixture(scope="session")
def both(synthesize):
    return synthesize(BOTH)


@pytest.fixture(scope="session")
def by_url(synthesize):
    return synthesize(BY_URL)
