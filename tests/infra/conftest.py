"""Synthesized stacks, without bundles: no package is installed for a look at a template."""

import os

import pytest

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")

REGION = "eu-central-1"
ACCOUNT = "111122223333"


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory):
    """Return what turns settings into templates by the stack's name, such as `state`."""
    from infra.deployment import make_app

    def run(settings):
        outdir = str(tmp_path_factory.mktemp("cdk.out"))
        app = make_app({"aws:cdk:bundling-stacks": []}, settings, outdir=outdir)
        return {stack.stack_name.rpartition("-")[2]: stack.template for stack in app.synth().stacks_recursively}

    return run
