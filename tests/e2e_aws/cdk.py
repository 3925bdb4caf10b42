"""The CDK's own command line, as a person would run it."""

import json
import os
import subprocess
from pathlib import Path

from tests.e2e_aws.emulator import ROOT, find_node

TIMEOUT_SECONDS = 400


class Cdk:
    """Runs in the project's folder on an assembly that was synthesized once."""

    def __init__(self, emulator, assembly):
        self._assembly = Path(assembly)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **emulator.variables,
            "CDK_DISABLE_CLI_TELEMETRY": "1",
            "CI": "true",
        }

    def bootstrap(self):
        """Prepare the account as docs/deploy.md says it, by a stage that names neither account nor region."""
        options = f"--no-color --cloudformation-execution-policies {ADMINISTRATOR}"
        return self._finish(["make", "--no-print-directory", "bootstrap", "STAGE=dev", f"BOOTSTRAP={options}"])

    def deploy(self):
        """Deploy every stack and return their outputs by stack name."""
        outputs = self._assembly.parent / "outputs.json"
        self._run("deploy", "--all", "--require-approval", "never", "--outputs-file", str(outputs))
        return json.loads(outputs.read_text())

    def diff(self):
        """Return what a deploy would change, as the CDK words it."""
        return self._run("diff")

    def destroy(self, *stacks):
        self._run("destroy", *stacks, "--force")

    def _run(self, *arguments):
        command = [find_node(), str(ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"), *arguments]
        return self._finish([*command, "--app", str(self._assembly), *OPTIONS])

    def _finish(self, command):
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        said = f"{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, said[-6000:]
        return said


OPTIONS = ("--no-notices", "--no-color", "--progress", "events")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
