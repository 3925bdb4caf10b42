"""The client for pages, as ingest serves it."""

import base64
import gzip
import hashlib

import pytest

from benchmarks.local_run import ROOT
from domain.client_script import HASH, INTEGRITY, SCRIPT
from tests.front_doors import http_api_event
from tests.ingest_world import World

FIELDS = [{"key": "event", "type": "STRING", "presence": "required"}]
MOST_BYTES = 3_000


@pytest.fixture
def world():
    return World()


def get(world, path, **headers):
    return world.handler(http_api_event("GET", path, headers=headers), None)


@pytest.mark.parametrize("start", ["", "/e/env_unknown"])
def test_it_is_there_for_every_page_at_any_address(world, start):
    answer = get(world, f"{start}/js/ingest.js")
    assert (answer["statusCode"], answer["body"]) == (200, SCRIPT)
    assert answer["headers"]["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["headers"]["Access-Control-Allow-Origin"] == "*"
    assert answer["headers"]["Cache-Control"] == "public, max-age=3600"


def test_under_the_name_with_its_checksum_it_never_changes(world):
    assert "immutable" in get(world, f"/js/ingest.{HASH}.js")["headers"]["Cache-Control"]
    assert get(world, "/js/ingest.0000000000000000.js")["statusCode"] == 404
    assert get(world, "/js/other.js")["statusCode"] == 404


def test_it_is_compressed_for_those_who_can_read_that_and_small(world):
    answer = get(world, "/js/ingest.js", **{"accept-encoding": "gzip, br"})
    compressed = base64.b64decode(answer["body"])
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed).decode() == SCRIPT
    assert len(compressed) <= MOST_BYTES


def test_only_reading_is_answered(world):
    assert world.handler(http_api_event("HEAD", "/js/ingest.js"), None)["body"] == ""
    environment_id = world.add_environment(FIELDS)
    answer = world.handler(http_api_event("POST", f"/e/{environment_id}/js/ingest.js", body=b"{}"), None)
    assert answer["statusCode"] == 404


def test_its_checksums_are_its_own():
    content = SCRIPT.encode()
    assert hashlib.sha256(content).hexdigest().startswith(HASH)
    assert f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}" == INTEGRITY


def test_it_is_what_the_sources_make():
    built = ROOT / "clients" / "javascript" / "dist" / "ingest.js"
    if not built.exists():
        pytest.skip("make clients has not run")
    assert built.read_text() == SCRIPT, "run: npm --prefix clients/javascript run publish-script"
