"""Every call of every function fails in every way, and nothing that was acknowledged is lost."""

import pytest

from benchmarks.chaos.account import report
from benchmarks.chaos.faults import Kind
from benchmarks.chaos.run import run


def test_whatever_fails_what_was_acknowledged_is_found_again(tmp_path):
    account = run(tmp_path, 6_000, seed=3)
    assert account.holds, f"\n{report(account)}"
    assert account.accepted > 2_000
    assert account.unanswered > 10
    assert {kind for _, kind in account.failed} == set(Kind)
    functions = {name.partition(".")[0] for name in account.calls}
    assert functions >= {"ingest", "redeliver", "quarantine_writer", "delivered", "bigquery_writer"}
    assert {place.kind for place in account.places.values()} == {"s3", "bigquery load", "bigquery stream"}
    assert any(place.set_aside for place in account.places.values())
    (loaded,) = (place for place in account.places.values() if place.kind == "bigquery load")
    assert loaded.doubled_by_senders > 10
    assert loaded.doubled == 0


@pytest.mark.parametrize("promise", ["accepted", "quarantined"])
def test_an_event_that_is_nowhere_would_be_missed(tmp_path, promise):
    account = run(tmp_path, 200)
    assert account.holds
    if promise == "accepted":
        next(iter(account.places.values())).accepted.add("evt_of_nobody")
    else:
        account.quarantined.add("evt_of_nobody")
    assert account.missing == 1
    assert not account.holds
    assert "A PROMISE WAS BROKEN" in report(account)
