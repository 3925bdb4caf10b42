"""What was deployed, and how a person goes about with it."""

import gzip
import json
import ssl
from uuid import uuid4

import httpx

from infra.settings.stage import HostedZone, StageSettings
from infra.verifying.emulated import emulated_host
from tests.e2e_aws.emulator import ACCOUNT, REGION, host_architecture
from tests.e2e_aws.inventory import inventory
from tests.waiting import wait_until

STAGE = "e2e"
ZONE = "shop.example"
DOMAIN = f"events.{ZONE}"
WAIT_SECONDS = 90.0
OWNER = "owner@example.com"
S3 = {"type": "s3", "managed": True}
LAKE = {"type": "lake", "managed": True, "table": "shop"}


def stage_settings(emulator, bigquery_host):
    """Return the settings of a stage that lives in the emulators, with a hosted zone that it may write to."""
    made = emulator.client("route53").create_hosted_zone(Name=ZONE, CallerReference=ZONE)
    zone_id = made["HostedZone"]["Id"].rpartition("/")[2]
    return StageSettings(
        name=STAGE,
        region=REGION,
        account=ACCOUNT,
        python=emulator.python,
        architecture=host_architecture(),
        keep_data=False,
        concurrency=None,
        function_url=True,
        second_factor="off",
        aws_endpoint=emulator.url,
        bigquery_emulator_host=bigquery_host,
        custom_domain_zone=HostedZone(zone_id=zone_id, name=ZONE),
        owner_email=OWNER,
        lake=True,
    )


def eventually(look, seconds=WAIT_SECONDS):
    """Return what `look` finds once it finds something."""
    return wait_until(look, seconds=seconds, pause_seconds=0.3)


def lines_of(s3, bucket, prefix):
    """Return the lines of all objects of a bucket below a prefix; the emulator packs none, whatever they are named."""
    lines = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            lines += (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).splitlines()
    return [json.loads(line) for line in lines]


class Deployment:
    """A stage in the emulator, with the token of its first organisation."""

    def __init__(self, emulator, cdk, settings):
        self.emulator = emulator
        self.cdk = cdk
        self.settings = settings
        self.before = inventory(emulator)
        """What the account held before anything was deployed."""
        self.outputs = {}
        self.deploy()
        self.http = httpx.Client(
            verify=ssl.create_default_context(cafile=str(emulator.authority.path)), timeout=60, trust_env=False
        )
        self.token = self._bootstrap()

    def deploy(self):
        self.outputs = {name: value for stack in self.cdk.deploy().values() for name, value in stack.items()}

    def _bootstrap(self):
        """Make the first organisation as the operator does; return its token."""
        function = self.outputs["BootstrapFunction"]
        payload = json.dumps({"owner_email": OWNER}).encode()
        answer = self.emulator.client("lambda").invoke(FunctionName=function, Payload=payload)
        said = json.loads(answer["Payload"].read())
        assert "token_secret" in said, said
        secrets = self.emulator.client("secretsmanager")
        return secrets.get_secret_value(SecretId=said["token_secret"])["SecretString"]

    def ask(self, output, method, path, body=None, headers=None):
        """Ask an API, or a function at its URL; the emulator tells them by the host alone."""
        host = {"Host": self._host_of(output)}
        return self.http.request(method, f"{self.emulator.url}{path}", json=body, headers={**host, **(headers or {})})

    def ask_raw(self, output, method, path, body, headers):
        """Ask likewise, with a body as it is."""
        headers = {"Host": self._host_of(output), **headers}
        return self.http.request(method, f"{self.emulator.url}{path}", content=body or None, headers=headers)

    def _host_of(self, output):
        known = emulated_host(self.outputs[output].removeprefix("https://"))
        return f"{known}:{self.emulator.port}"

    def ask_v1(self, method, path, body=None, **headers):
        return self.ask("ManagementUrl", method, path, body, {"Authorization": f"Bearer {self.token}", **headers})

    def v1(self, method, path, body=None, **headers):
        """Return what the management API answers to a request that it grants.

        It is asked again, as it wants to be, while it has no time: the emulator shares a processor with other tests.
        """
        key = {"Idempotency-Key": uuid4().hex} if method == "POST" else {}

        def ask():
            answer = self.ask_v1(method, path, body, **headers, **key)
            return answer if answer.status_code != 503 else None

        answer = eventually(ask)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def send(self, environment_id, events):
        return self.ask("IngestUrl", "POST", f"/e/{environment_id}", events)

    def make_endpoint(self, name):
        return self.v1("POST", "/v1/endpoints", {"name": name})["id"]

    def make_revision(self, endpoint_id, price):
        """Make a revision whose `price` is of that type, and finalise it."""
        made = self.v1("POST", f"/v1/endpoints/{endpoint_id}/revisions", {"name": price})
        maps = [
            {"key": "event", "type": "STRING", "rules": [{"rule": "one_of", "value": ["view", "purchase"]}]},
            {"key": "price", "type": price, "presence": "optional"},
        ]
        path = f"/v1/revisions/{made['id']}"
        self.v1("PUT", f"{path}/fields", {"fields": maps}, **{"If-Match": f'"{made["version"]}"'})
        self.v1("POST", f"{path}/finalise")
        return made["id"]

    def make_environment(self, endpoint_id, revision_id, destination):
        """Make an environment and wait until it takes events; return its id."""
        body = {"name": "Production", "revision_id": revision_id, "destination": destination}
        environment_id = self.v1("POST", f"/v1/endpoints/{endpoint_id}/environments", body)["id"]

        def active():
            found = self.v1("GET", f"/v1/environments/{environment_id}")
            assert found["status"] != "failed", found
            return found["status"] == "active"

        eventually(active)
        eventually(lambda: self.send(environment_id, {"event": "view"}).status_code == 200)
        return environment_id

    def serve_on_domain(self, environment_id):
        """Give an environment the run's domain, with a certificate that the run's authority issued."""
        authority = self.emulator.authority
        certificate, key = authority.issue(DOMAIN, [DOMAIN])
        path = f"/v1/environments/{environment_id}/custom-domain"
        imported = {"pem": certificate.read_text(), "chain": authority.path.read_text(), "private_key": key.read_text()}
        self.v1("PUT", path, {"domain": DOMAIN, "certificate": imported})
        eventually(lambda: self.v1("GET", path)["status"] == "active")

    def lines_below(self, prefix):
        return lines_of(self.emulator.client("s3"), self.outputs["DataBucketName"], prefix)

    def delivered(self, environment_id):
        return self.lines_below(f"environment={environment_id}/")
