"""From nothing to an event in a bucket and back to nothing, on the stacks as they are deployed."""

import gzip
import json
import os
import ssl
import subprocess
import time

import httpx
import pytest

from infra.clearing import empty, secret_names, stream_names
from infra.deployment import make_app
from infra.settings.stage import StageSettings
from tests.e2e_aws.cdk import Cdk
from tests.e2e_aws.emulator import ACCOUNT, REGION, host_architecture, running_emulator
from tests.e2e_aws.quirks import adapt

pytestmark = pytest.mark.emulator

STAGE = "e2e"
DOMAIN = "events.shop.example"
WAIT_SECONDS = 90


class Deployment:
    """What was deployed, and how its parts are reached."""

    def __init__(self, emulator, outputs):
        self.emulator = emulator
        self.outputs = {name: value for stack in outputs.values() for name, value in stack.items()}
        self.http = httpx.Client(verify=self._context(), timeout=60)
        self.token = ""

    def _context(self):
        return ssl.create_default_context(cafile=str(self.emulator.authority.path))

    def ask(self, output, method, path, body=None, headers=None):
        """Ask an API at its address, which the emulator tells by the host alone."""
        api = self.outputs[output].removeprefix("https://").partition(".")[0]
        host = {"Host": f"{api}.execute-api.localhost:{self.emulator.port}"}
        return self.http.request(method, f"{self.emulator.url}{path}", json=body, headers={**host, **(headers or {})})

    def v1(self, method, path, body=None, **headers):
        authorized = {"Authorization": f"Bearer {self.token}", **headers}
        answer = self.ask("ManagementUrl", method, path, body, authorized)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def send(self, environment_id, events):
        return self.ask("IngestUrl", "POST", f"/e/{environment_id}", events)


def eventually(look, what):
    """Return what `look` finds once it finds something."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what} did not come about in {WAIT_SECONDS} s")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """An emulated AWS with the app deployed into it by the CDK's own command line."""
    folder = tmp_path_factory.mktemp("aws")
    with running_emulator(folder, [DOMAIN]) as emulator:
        settings = StageSettings(
            name=STAGE,
            region=REGION,
            account=ACCOUNT,
            python=emulator.python,
            architecture=host_architecture(),
            keep_data=False,
            one_at_a_time=None,
            aws_endpoint=emulator.url,
            owner_email="owner@example.com",
        )
        make_app(None, settings, outdir=str(folder / "cdk.out")).synth()
        adapt(folder / "cdk.out")
        cdk = Cdk(emulator, folder / "cdk.out")
        cdk.bootstrap()
        deployment = Deployment(emulator, cdk.deploy())
        with deployment.http:
            yield emulator, cdk, deployment


def bootstrap(deployment):
    """Make the first organisation as the operator does; return its token."""
    function = deployment.outputs["BootstrapFunction"]
    answer = deployment.emulator.client("lambda").invoke(
        FunctionName=function, Payload=b'{"owner_email": "owner@example.com"}'
    )
    said = json.loads(answer["Payload"].read())
    assert "token_secret" in said, said
    secrets = deployment.emulator.client("secretsmanager")
    return secrets.get_secret_value(SecretId=said["token_secret"])["SecretString"]


def finalised(deployment, endpoint_id, price):
    """Make a revision whose `price` is of that type."""
    made = deployment.v1("POST", f"/v1/endpoints/{endpoint_id}/revisions", {"name": price})
    maps = [
        {"key": "event", "type": "STRING", "rules": [{"rule": "one_of", "value": ["view", "purchase"]}]},
        {"key": "price", "type": price, "presence": "optional"},
    ]
    path = f"/v1/revisions/{made['id']}"
    deployment.v1("PUT", f"{path}/data-maps", {"data_maps": maps}, **{"If-Match": f'"{made["version"]}"'})
    deployment.v1("POST", f"{path}/finalise")
    return made["id"]


def serve_on_domain(deployment, environment_id):
    """Give the environment a domain of its own with a certificate that the run's authority issued."""
    authority = deployment.emulator.authority
    certificate, key = authority.issue(DOMAIN, [DOMAIN])
    path = f"/v1/environments/{environment_id}/custom-domain"
    imported = {"pem": certificate.read_text(), "chain": authority.path.read_text(), "private_key": key.read_text()}
    deployment.v1("PUT", path, {"domain": DOMAIN, "certificate": imported})
    eventually(lambda: deployment.v1("GET", path)["status"] == "active", "the custom domain")


def curl(deployment, event):
    """Send an event to the custom domain as a person would; return the status, 0 without a connection."""
    emulator = deployment.emulator
    command = ["curl", "--silent", "--max-time", "20", "--cacert", str(emulator.authority.path)]
    command += ["--resolve", f"{DOMAIN}:{emulator.port}:127.0.0.1", "--json", json.dumps(event)]
    command += ["--output", os.devnull, "--write-out", "%{http_code}", f"https://{DOMAIN}:{emulator.port}/"]
    return int(subprocess.run(command, capture_output=True, text=True, check=False).stdout or 0)


def lines_below(deployment, prefix):
    """Return the lines of all objects of the data bucket below a prefix."""
    s3 = deployment.emulator.client("s3")
    bucket = deployment.outputs["DataBucketName"]
    listing = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    lines = []
    for entry in listing:
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        lines += (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).splitlines()
    return [json.loads(line) for line in lines]


def clear(emulator, deployment):
    """Take away what was made at run time, as `make destroy` does before it takes down the stacks."""
    firehose, secrets, s3 = (emulator.client(name) for name in ("firehose", "secretsmanager", "s3"))
    for name in stream_names(firehose, f"ingest-{STAGE}-"):
        firehose.delete_delivery_stream(DeliveryStreamName=name)
    for name in secret_names(secrets, f"ingest-{STAGE}/"):
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    for kind in ("console", "landing", "data", "access-logs"):
        empty(s3, f"ingest-{STAGE}-{kind}-{ACCOUNT}-{REGION}")


def left_in(emulator):
    """Return the names of what is there of the stage."""
    stacks = emulator.client("cloudformation").list_stacks()["StackSummaries"]
    buckets = emulator.client("s3").list_buckets()["Buckets"]
    secrets = emulator.client("secretsmanager").list_secrets()["SecretList"]
    functions = emulator.client("lambda").list_functions()["Functions"]
    groups = emulator.client("logs").describe_log_groups()["logGroups"]
    queues = emulator.client("sqs").list_queues().get("QueueUrls", [])
    names = [
        *(stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"),
        *(bucket["Name"] for bucket in buckets),
        *(secret["Name"] for secret in secrets),
        *(function["FunctionName"] for function in functions),
        *(group["logGroupName"] for group in groups),
        *(url.rpartition("/")[2] for url in queues),
        *emulator.client("dynamodb").list_tables()["TableNames"],
        *emulator.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
    ]
    return [name for name in names if f"ingest-{STAGE}" in name]


def test_an_event_comes_from_a_deployment_into_a_bucket_and_all_of_it_goes_again(cloud):
    emulator, cdk, deployment = cloud
    deployment.token = bootstrap(deployment)
    assert deployment.v1("GET", "/v1/me")["role"] == "owner"
    refused = deployment.ask("ManagementUrl", "GET", "/v1/me")
    assert refused.status_code == 401
    assert refused.json()["code"] == "unauthenticated"

    endpoint = deployment.v1("POST", "/v1/endpoints", {"name": "Shop"})["id"]
    first = finalised(deployment, endpoint, "FLOAT")
    made = deployment.v1(
        "POST",
        f"/v1/endpoints/{endpoint}/environments",
        {"name": "Production", "revision_id": first, "destination": {"type": "s3", "managed": True}},
    )
    environment = made["id"]

    def active():
        found = deployment.v1("GET", f"/v1/environments/{environment}")
        assert found["status"] != "failed", found
        return found["status"] == "active"

    eventually(active, "the environment")

    answer = eventually(
        lambda: (
            (sent := deployment.send(environment, [{"event": "purchase", "price": 9.5}, {"event": "x"}])).status_code
            in {200, 207}
            and sent
        ),
        "an answer",
    )
    outcomes = [row["outcome"] for row in answer.json()["results"]]
    assert outcomes == ["accepted", "quarantined"], answer.text

    delivered = eventually(lambda: lines_below(deployment, f"environment={environment}/"), "the event in the bucket")
    assert delivered[0]["price"] == 9.5
    assert delivered[0]["_revision_id"] == first
    kept = eventually(
        lambda: lines_below(deployment, f"quarantine/environment={environment}/"), "the refused event in quarantine"
    )
    assert kept[0]["errors"][0]["pointer"] == "/event"

    def counted():
        # A function writes its counts down with a request that comes ten seconds later, or at its end.
        deployment.send(environment, {"event": "view"})
        totals = deployment.v1("GET", f"/v1/usage?environment={environment}")["totals"]
        return totals["accepted"] >= 1 and totals["delivered"] >= 1 and totals["quarantined"] >= 1

    eventually(counted, "the usage")

    second = finalised(deployment, endpoint, "STRING")
    for revision, price in ((second, "9.50"), (first, 1.5)):
        deployment.v1("POST", f"/v1/environments/{environment}/deployments", {"revision_id": revision})
        eventually(
            lambda price=price: deployment.send(environment, {"event": "view", "price": price}).status_code == 200,
            "the revision at ingest",
        )

    serve_on_domain(deployment, environment)
    eventually(lambda: curl(deployment, {"event": "view", "price": 77.5}) == 200, "the custom domain at ingest")
    eventually(
        lambda: 77.5 in [line.get("price") for line in lines_below(deployment, f"environment={environment}/")],
        "the event of the custom domain in the bucket",
    )

    deployment.v1("DELETE", f"/v1/endpoints/{endpoint}?confirm=Shop")
    eventually(lambda: deployment.send(environment, {"event": "view"}).status_code == 410, "410")
    clear(emulator, deployment)
    cdk.destroy()
    assert left_in(emulator) == []
