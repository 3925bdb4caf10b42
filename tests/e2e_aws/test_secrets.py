"""Private keys, credentials and tokens of a whole run are in nothing that it wrote where they must not be."""

import zlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from tests.e2e_aws.deployment import DOMAIN, eventually
from tests.e2e_aws.test_bigquery import KEY
from tests.e2e_aws.test_protocols import SECRETS

pytestmark = pytest.mark.emulator


def items(deployment):
    """Return the text of every item of every table, unpacked."""
    dynamodb = deployment.emulator.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                for value in item.values():
                    (content,) = value.values()
                    yield _inflated(content) if isinstance(content, bytes) else str(content)


def _inflated(content):
    try:
        return zlib.decompress(content).decode()
    except zlib.error:
        return content.decode("latin-1")


def lines(deployment):
    """Return every line of every log group."""
    logs = deployment.emulator.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
            yield from (event["message"] for event in page["events"])


def objects(deployment):
    """Return the content of every object of every bucket of the deployment."""
    s3 = deployment.emulator.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        if not bucket["Name"].startswith("ingest-") or "-console-" in bucket["Name"]:
            continue
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for entry in page.get("Contents", []):
                yield s3.get_object(Bucket=bucket["Name"], Key=entry["Key"])["Body"].read().decode("latin-1")


def test_no_key_and_no_token_is_in_an_item_a_log_or_an_object(deployment, shop):
    deployment.send(shop, {"event": "purchase", "price": 601.5})
    eventually(lambda: 601.5 in [line.get("price") for line in deployment.delivered(shop)])
    key = deployment.emulator.log.parent / f"{DOMAIN}.key"
    loaded = load_pem_private_key(key.read_bytes(), None)
    other = loaded.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    secret = [key.read_text().splitlines()[1], other.splitlines()[1], deployment.token, KEY["private_key"], *SECRETS]
    written = {"items": list(items(deployment)), "lines": list(lines(deployment)), "objects": list(objects(deployment))}
    assert any("Shop with a domain" in text for text in written["items"])
    assert any("601.5" in text for text in written["objects"])
    assert written["lines"]
    for kind, texts in written.items():
        assert not [text for text in texts if any(part in text for part in secret)], f"a secret is among the {kind}"
