"""What the command line waits for: not for a person, who has to set a record first."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from ingestctl.problems import Refused
from ingestctl.waiting import wait_until_domain_active

RECORD = {"type": "TXT", "name": "n", "value": "v", "purpose": "proof", "automatic": False}


def domain(status, *records):
    reason = "Taken." if status == "failed" else None
    found = {"domain": "d.example", "environment_id": "env_1", "status": status, "status_reason": reason}
    return {**found, "dns_records": list(records)}


def waited(*states):
    """Return what the wait gives where the server shows one state after the other."""
    following = iter(states[1:])
    api = SimpleNamespace(get=lambda path: next(following))
    session = SimpleNamespace(api=api, output=SimpleNamespace(waiting=lambda text: nullcontext()))
    return wait_until_domain_active(session, states[0], 60, sleep=lambda seconds: None)


@pytest.mark.parametrize("status", ["pending_proof", "pending_validation"])
def test_a_record_that_a_person_has_to_set_ends_the_wait(status):
    waits = domain(status, RECORD)
    assert waited(domain("provisioning"), waits) == waits


def test_what_the_server_does_alone_is_waited_for():
    automatic = {**RECORD, "automatic": True}
    states = [domain("pending_proof"), domain("pending_validation"), domain("pending_validation", automatic)]
    assert waited(*states, domain("active"))["status"] == "active"


def test_a_domain_that_fails_is_refused():
    with pytest.raises(Refused, match="Taken"):
        waited(domain("pending_proof"), domain("failed"))
