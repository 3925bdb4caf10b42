"""Events as a person at a terminal sends them."""

import json
import os
import subprocess

from tests.e2e_aws.deployment import DOMAIN


def curl(deployment, event):
    """Send an event to the custom domain; return the status, 0 without a connection."""
    emulator = deployment.emulator
    command = ["curl", "--silent", "--max-time", "20", "--cacert", str(emulator.authority.path)]
    command += ["--resolve", f"{DOMAIN}:{emulator.port}:127.0.0.1", "--header", "Content-Type: application/json"]
    command += ["--data-raw", json.dumps(event), "--output", os.devnull, "--write-out", "%{http_code}"]
    command += [f"https://{DOMAIN}:{emulator.port}/"]
    return int(subprocess.run(command, capture_output=True, text=True, check=False).stdout or 0)
