"""SDKs of other collectors for servers, as their makers publish them: nothing but the address is changed."""

import json
import os
import shutil
import ssl
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.certificates import issue, key_of
from tests.sdks.arrivals import Arrivals, check_each_is_there, mark_of
from tests.sdks.cases import KEY, SDKS
from tests.sdks.faulty_proxy import Fault, FaultyProxy
from tests.waiting import wait_until

pytestmark = pytest.mark.sdks

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".cache" / "sdks" / "bin" / "python"
RUNS = {".py": str(PYTHON), ".mjs": "node", ".rb": "ruby"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
SEND_SECONDS = 60
PHONES = HERE / "senders" / "phones"
BUNDLER = HERE.parents[1] / "console" / "node_modules" / ".bin" / "rolldown"


def cases(sdks):
    return [pytest.param(sdk, id=sdk.name) for sdk in sdks]


ALL = cases(SDKS)
REPEATING = cases([sdk for sdk in SDKS if sdk.repeats])
REPEATING_LOST = cases([sdk for sdk in SDKS if sdk.repeats and sdk.repeats_lost])


class Sending(Arrivals):
    """What an SDK did for its calls at an environment of its own, and what arrived there."""

    def __init__(self, run, environment_id, sdk, sender, fault, calls, domain, tls):
        super().__init__(run, environment_id)
        origin = "https://localhost" if tls else "http://127.0.0.1"
        trusted = {"REQUESTS_CA_BUNDLE": str(tls.certificate)} if tls else {}
        path = f"/e/{environment_id}" if domain is None else ""
        with FaultyProxy(run.port, fault, sdk.protocol, domain, tls.context if tls else None) as proxy:
            order = {"address": f"{origin}:{proxy.port}{path}", "key": KEY, "calls": calls}
            done = subprocess.run(
                [RUNS[sender.suffix], str(sender)],
                input=json.dumps(order),
                env={**ENVIRONMENT, **trusted, **sdk.mode},
                capture_output=True,
                text=True,
                timeout=SEND_SECONDS,
                check=False,
            )
        assert done.returncode == 0, done.stdout + done.stderr
        self.statuses = proxy.statuses
        self.failures = json.loads(done.stdout.splitlines()[-1])["failures"]


def domain_of(run, api, environment_id):
    """Give an environment a domain of its own, and wait until it leads there."""
    domain = f"{environment_id.replace('_', '-').lower()}.shop.example"
    path = f"/v1/environments/{environment_id}/custom-domain"
    api.call("PUT", path, {"domain": domain, "certificate": "managed"})
    address = f"http://127.0.0.1:{run.port}/"
    headers = {"Host": domain, "X-Write-Key": KEY}
    wait_until(lambda: httpx.head(address, headers=headers, trust_env=False).status_code == 200)
    return domain


@cache
def is_found(command):
    """Say whether a command is there, and succeeds."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


class Tls(NamedTuple):
    """Lets the proxy speak HTTPS as `localhost`; `certificate` is a file that a sender trusts."""

    context: ssl.SSLContext
    certificate: Path


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    now = datetime.now(UTC)
    issued = issue(("localhost",), key=key_of("rsa2048"), starts=now - timedelta(days=1), is_authority=True)
    (folder / "certificate.pem").write_text(issued.pem)
    (folder / "key.pem").write_text(issued.private_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return Tls(context, folder / "certificate.pem")


@pytest.fixture(scope="session")
def sender_of(tmp_path_factory):
    """The file that is run for an SDK: its sender, or a bundle of it with an SDK for React Native, made once."""
    folder = tmp_path_factory.mktemp("phones")

    def sender_of(sdk):
        sender = HERE / "senders" / sdk.sender
        if sender.parent != PHONES:
            return sender
        bundle = folder / sender.name
        if not bundle.exists():
            named = {**ENVIRONMENT, "SENDER": str(sender), "BUNDLE": str(bundle)}
            command = [BUNDLER, "-c", PHONES / "bundle.mjs"]
            subprocess.run(command, env=named, check=True, capture_output=True, timeout=SEND_SECONDS)
        return bundle

    return sender_of


@pytest.fixture
def send(run, api, request, tls, sender_of):
    def send(sdk, fault=Fault.NONE, *more_calls):
        if sdk.found_by and not is_found(sdk.found_by):
            pytest.skip(f"{sdk.sender}: what it runs is not installed: make shippers")
        keys = [KEY.partition(":")[0]] if sdk.sends_key else []
        environment = api.make_environment(
            request.node.name, sdk.schema, additional_keys="keep", settings={"write_keys": keys}
        )
        domain = domain_of(run, api, environment.environment_id) if sdk.needs_domain else None
        return Sending(
            run,
            environment.environment_id,
            sdk,
            sender_of(sdk),
            fault,
            [*sdk.calls, *more_calls],
            domain,
            tls if sdk.needs_https else None,
        )

    return send


@pytest.mark.parametrize("sdk", ALL)
def test_every_call_arrives_once_with_its_fields(send, sdk):
    sent = send(sdk)
    rows = sent.delivered(sdk.calls)
    assert sent.failures == []
    assert Counter(map(mark_of, rows)) == Counter(map(mark_of, sdk.calls))
    check_each_is_there(sdk, rows)


@pytest.mark.parametrize("sdk", REPEATING)
def test_a_503_is_repeated_and_nothing_is_lost(send, sdk):
    sent = send(sdk, Fault.UNAVAILABLE)
    rows = sent.delivered(sdk.calls)
    assert sent.failures == []
    assert 503 in sent.statuses
    assert Counter(map(mark_of, rows)) == Counter(map(mark_of, sdk.calls))
    check_each_is_there(sdk, rows)


@pytest.mark.parametrize("sdk", REPEATING_LOST)
def test_what_is_sent_again_after_a_lost_answer_has_the_id_that_it_had(send, sdk):
    sent = send(sdk, Fault.LOST)
    rows = sent.delivered(sdk.calls)
    assert sent.failures == []
    assert None in sent.statuses
    assert len(sent.statuses) > 1
    events = Counter(mark for mark, _ in {(mark_of(row), row["_event_id"]) for row in rows})
    assert set(events) == set(map(mark_of, sdk.calls))
    assert set(events.values()) == {1} or not sdk.has_ids
    check_each_is_there(sdk, rows)


@pytest.mark.parametrize("sdk", ALL)
def test_an_invalid_event_holds_up_no_other_and_is_no_failure(send, sdk):
    sent = send(sdk, Fault.NONE, sdk.invalid)
    rows = sent.delivered(sdk.calls)
    (refused,) = sent.quarantined()
    assert sent.failures == []
    assert mark_of(refused) == mark_of(sdk.invalid)
    assert Counter(map(mark_of, rows)) == Counter(map(mark_of, sdk.calls))
