"""Every call of every function fails in every way, and nothing that was acknowledged is lost."""

from collections import Counter
from copy import deepcopy

import pytest

from benchmarks.chaos.account import FUNCTIONS, report
from benchmarks.chaos.books import Measure
from benchmarks.chaos.faults import Kind
from benchmarks.chaos.run import run


@pytest.fixture(scope="module")
def account(tmp_path_factory, postgres):
    return run(tmp_path_factory.mktemp("chaos"), 7_000, seed=2, server=postgres)


def test_whatever_fails_what_was_acknowledged_is_found_again(account):
    assert account.holds, f"\n{report(account)}"
    assert account.accepted > 2_000
    assert account.unanswered > 10
    assert {kind for _, kind in account.failed} == set(Kind)
    assert sum(account.quarantined[place] != set() for place in account.places) > 1
    assert len(account.environments) > len(account.places) + 3
    kinds = {"s3", "bigquery load", "bigquery stream", "http", "lake", "lake parquet", "postgres"}
    assert {place.kind for place in account.places.values()} == kinds
    assert account.tapped > 500
    assert account.tried > 500
    assert any(place.set_aside for place in account.places.values())
    (loaded,) = (place for place in account.places.values() if place.kind == "bigquery load")
    assert loaded.doubled_by_senders > 10
    assert loaded.doubled == 0
    (inserted,) = (place for place in account.places.values() if place.kind == "postgres")
    assert inserted.doubled_by_senders > 10
    assert inserted.doubled == 0
    assert inserted.missing == set()
    assert inserted.set_aside
    (lake,) = (place for place in account.places.values() if place.kind == "lake")
    assert len(lake.rows) > 200
    assert lake.doubled_by_senders > 10
    assert (lake.doubled, lake.missing) == (0, set())
    (files,) = (place for place in account.places.values() if place.kind == "lake parquet")
    assert len(files.rows) > 200
    assert (files.doubled, files.missing) == (0, set())
    (sent,) = (place for place in account.places.values() if place.kind == "http")
    assert len(sent.rows) > 200
    assert sent.set_aside
    assert sent.missing == set()
    assert account.canaries.keys() >= {"promoted", "aborted", "by its time"}
    assert sum(len(revisions) > 1 for revisions in account.found_under.values()) > 0


def test_where_nothing_is_killed_usage_is_exact_and_the_ledger_balances(tmp_path):
    account = run(tmp_path, 600, rate=0.0)
    assert account.unanswered == 0
    assert not account.lost
    assert not account.again
    assert {counted.found - counted.least for counted in account.usage.values()} == {0}
    assert (account.ledger_missing, account.ledger_surplus) == (0, 0)


def test_what_usage_counts_beyond_its_bounds_breaks_a_promise(account):
    account = deepcopy(account)
    assert account.lost
    account.usage[Measure.REQUESTS] = account.usage[Measure.REQUESTS]._replace(found=0)
    assert not account.holds


def test_a_trial_that_finds_something_else_where_calls_fail_breaks_a_promise(account):
    account = deepcopy(account)
    account.trials_differ = True
    assert not account.holds
    assert "OTHER FINDINGS" in report(account)


def test_what_gets_through_only_once_nothing_fails_any_more_breaks_a_promise_and_is_not_missing(account):
    account = deepcopy(account)
    account.waited = Counter(landed=1)
    assert account.missing == 0
    assert not account.holds
    assert "did not get through while calls failed: {'landed': 1}" in report(account)


@pytest.mark.parametrize("promise", ["accepted", "quarantined"])
def test_an_event_that_is_nowhere_would_be_missed(account, promise):
    account = deepcopy(account)
    assert account.holds
    if promise == "accepted":
        next(iter(account.places.values())).accepted.add("evt_of_nobody")
    else:
        account.quarantined["env_1"].add("evt_of_nobody")
    assert account.missing == 1
    assert not account.holds
    assert "A PROMISE WAS BROKEN" in report(account)


def test_an_event_under_another_revision_than_its_answer_named_breaks_a_promise(account):
    account = deepcopy(account)
    account.found_under[next(iter(account.named))] = {"rev_of_nobody"}
    assert account.misnamed == 1
    assert not account.holds


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_to_which_nothing_happens_is_named(account, function):
    account = deepcopy(account)
    failed = account.failed.items()
    account.failed = Counter({name: count for name, count in failed if not name[0].startswith(f"{function}.")})
    assert account.spared == [function]
    assert not account.holds
    assert f"functions that nothing happened to: {function}" in report(account)
