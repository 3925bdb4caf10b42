"""No finding of cdk-nag, cfn-lint or checkov without a reason, and no reason without a finding."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from infra.exceptions import EXCEPTIONS, WILDCARDS, excuse
from tests.infra.conftest import BOTH, BY_URL, FULL, PLAIN, Synthesized

STAGES = [
    pytest.param(PLAIN, id=PLAIN.name, marks=pytest.mark.slow),
    pytest.param(FULL, id=FULL.name),
    pytest.param(BOTH, id=BOTH.name, marks=pytest.mark.slow),
    pytest.param(BY_URL, id=BY_URL.name, marks=pytest.mark.slow),
]
ROOT = Path(__file__).parents[2]
CHECKOV = ROOT / ".cache" / "checkov" / "bin" / "checkov"


@pytest.fixture(scope="module", params=STAGES)
def checked(request, tmp_path_factory):
    """The stage's templates, its report of cdk-nag, and the exceptions that it needs."""
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    from infra.deployment import make_app

    folder = tmp_path_factory.mktemp("cdk.out")
    app = make_app({"aws:cdk:bundling-stacks": []}, request.param, outdir=str(folder))
    used = excuse(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    # It raises when there are findings, and writes all the same.
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    return Synthesized({}, folder), used


def test_cdk_nag_finds_nothing_but_wildcards_that_have_a_reason(checked):
    synthesized, _ = checked
    for rule, path in synthesized.report():
        found = re.fullmatch(r"AwsSolutions-IAM5\[(Action|Resource)::(.*)\]", rule)
        assert found, f"{rule} at {path}"
        wanted = "action" if found[1] == "Action" else "resource"
        assert [
            entry
            for entry in WILDCARDS
            if re.match(entry.role, path) and re.fullmatch(getattr(entry, wanted), found[2])
        ], f"{rule} at {path}"


def test_cfn_lint_finds_nothing(checked):
    synthesized, _ = checked
    templates = sorted(map(str, synthesized.folder.glob("*.template.json")))
    assert templates
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "cfn-lint", *templates], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


def test_checkov_finds_nothing(checked):
    synthesized, used = checked
    assert CHECKOV.exists(), "checkov is not installed: run `make test`, or `make checkov`"
    done = subprocess.run(
        [CHECKOV, "-d", synthesized.folder, "--framework", "cloudformation", "--skip-download", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    failed = [(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]]
    assert failed == []
    skipped = {check["check_id"] for check in report["results"]["skipped_checks"]}
    assert skipped == {entry.rule for entry in used if entry.tool == "checkov"}


@pytest.mark.slow
def test_no_exception_is_without_use_or_without_a_reason():
    from infra.deployment import make_app

    used = set().union(
        *(excuse(make_app({"aws:cdk:bundling-stacks": []}, settings)) for settings in (PLAIN, FULL, BY_URL))
    )
    assert set(EXCEPTIONS) == used
    assert all(len(entry.reason.split()) >= 3 for entry in (*EXCEPTIONS, *WILDCARDS))
