"""An emulated AWS as a process of its own: TLS with certificates made here, and IAM enforced.

Where it may, it listens on port 443 of loopback, too, and does without where that is taken: nothing here asks there.
"""

import os
import platform
import shutil
import signal
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import httpx

from tests.e2e_aws.certificates import Authority

ROOT = Path(__file__).parents[2]
REGION = "eu-central-1"
ACCOUNT = "000000000000"
START_SECONDS = 60
STOP_SECONDS = 5


def host_architecture():
    """The emulator runs functions on its own processor."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


@dataclass
class Emulator:
    """Where it is, and what a client needs to reach it."""

    port: int
    authority: Authority
    certificate: Path
    """What it shows to everybody, whatever the name of the host."""
    python: str
    log: Path
    clients: dict = field(default_factory=dict)

    @property
    def url(self):
        return f"https://localhost:{self.port}"

    @property
    def variables(self):
        """What a tool of AWS has to find in its environment."""
        bundle = str(self.authority.path)
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "NODE_EXTRA_CA_CERTS": bundle,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DEFAULT_REGION": REGION,
        }

    def client(self, service):
        """Return the one client of a service; it is open until `close`."""
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                region_name=REGION,
                endpoint_url=self.url,
                verify=str(self.authority.path),
                aws_access_key_id=ACCOUNT,
                aws_secret_access_key="test",
            )
        return self.clients[service]

    def close(self):
        for client in self.clients.values():
            client.close()


@contextmanager
def running_emulator(folder, names):
    """Run one until the end of the block; `names` are those that its certificate is for, beside localhost's."""
    python = os.environ.get("EMULATOR_PYTHON") or str(ROOT / ".cache" / "emulator" / "bin" / "python")
    assert Path(python).exists(), "the emulator is not installed: run `make e2e`"
    authority = Authority(folder)
    certificate, key = authority.issue("localhost", ["localhost", "127.0.0.1", "*.execute-api.localhost", *names])
    emulator = Emulator(_free_port(), authority, certificate, _version(python), folder / "emulator.log")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    environment |= emulator.variables | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(emulator.port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_REGION": REGION,
        "USE_SSL": "1",
        "AUTH": "true",
        "MINISTACK_SSL_CERT": str(certificate),
        "MINISTACK_SSL_KEY": str(key),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with emulator.log.open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", "ministack"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until_up(process, emulator)
            yield emulator
        finally:
            emulator.close()
            _stop(process)


def _wait_until_up(process, emulator):
    deadline = time.monotonic() + START_SECONDS
    verify = str(emulator.authority.path)
    while time.monotonic() < deadline:
        assert process.poll() is None, emulator.log.read_text()[-3000:]
        try:
            context = ssl.create_default_context(cafile=verify)
            if httpx.get(f"{emulator.url}/_ministack/health", verify=context, timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"the emulator did not come up: {emulator.log.read_text()[-3000:]}")


def _stop(process):
    """End it and the functions that it started: a TERM of its own may hang."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sent)
        except ProcessLookupError:
            return
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _version(python):
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def find_node():
    node = shutil.which("node")
    assert node, "Node.js 20 or newer is needed for the CDK's command line"
    return node
