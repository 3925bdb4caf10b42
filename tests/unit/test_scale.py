"""Simulated days: repeatable to the byte, the page that tells of them, and the formulas that they hold to."""

import json
import logging

import pytest

from adapters.tallies import packed
from benchmarks.scale import formulas
from benchmarks.scale.counting import Counting
from benchmarks.scale.day import Day
from benchmarks.scale.document import PAGE, days, dollars, page
from benchmarks.scale.plan import days as plans
from benchmarks.scale.plan import reduced
from benchmarks.scale.quotas import ASSUMED, QUOTAS
from schemas.limits import USAGE_FOLD_SECONDS

AGAIN = "run `make scale`"


@pytest.fixture(scope="module")
def results():
    return days()


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def text_of(result):
    return json.dumps(result, indent=1)


def test_a_reduced_day_is_the_same_to_the_byte_as_when_the_page_was_written(results):
    assert text_of(Day(reduced()).run().result()) == text_of(results["reduced"]), AGAIN


def test_the_page_says_what_the_days_and_the_formulas_say(results):
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, results) == text, f"{AGAIN}, or `python -m benchmarks.scale --page`"


def test_every_day_of_the_report_was_simulated_as_it_is_planned_now(results):
    for plan in plans():
        told = results[plan.name]["plan"]
        assert (told["requests"], told["seed"], told["concurrency"]) == (plan.requests, plan.seed, plan.handlers)


@pytest.mark.parametrize("plan", [plan for plan in plans() if plan.is_raised], ids=lambda plan: plan.name)
def test_the_formulas_hold_on_a_day_for_which_they_chose_the_quotas(plan, results):
    result, kinds = results[plan.name], plan.kinds()
    calm = result["phases"]["calm"]
    assert calm["spilled"] == 0
    refused = sum(weight for name, weight in calm["answers"].items() if name not in {"200", "400"})
    assert refused < 1e-4 * sum(calm["answers"].values())
    handlers = formulas.busy_handlers(plan.peak, ASSUMED.put_seconds)
    assert calm["handlers"] == pytest.approx(handlers, rel=0.25)
    rates = [(kind.count, plan.peak * kind.share / kind.count) for kind in kinds]
    counted, simulated = formulas.counting(handlers, rates), result["counting"]["calm"]
    assert simulated["write_units"] == pytest.approx(counted.write_units, rel=0.3)
    assert simulated["queue_calls"] == pytest.approx(counted.queue_calls, rel=0.3)
    assert simulated["fold_seconds"] < USAGE_FOLD_SECONDS, "or one that folds is not enough"


def test_the_first_quota_that_binds_as_they_come_is_named(results):
    for plan in plans():
        if not plan.is_raised and plan.peak > QUOTAS.door_rate.value:
            assert set(results[plan.name]["first_bound"]) & {"door_rate", "handler_calls"}


def test_a_day_costs_more_the_more_requests_it_has(results):
    costs = [sum(dollars(results[plan.name]).values()) for plan in plans() if plan.is_raised]
    assert costs == sorted(costs)
    assert costs[0] > 0


def test_a_stream_more_is_needed_where_a_third_would_not_be_free():
    calls, mib = QUOTAS.stream_calls.value, 5
    assert formulas.streams(calls / formulas.SPARE, 0, calls, mib) == 1
    assert formulas.streams(calls / formulas.SPARE + 1, 0, calls, mib) == 2
    assert formulas.streams(1, 2 * mib, calls, mib) == 3


def test_requests_that_meet_at_a_handler_share_their_row():
    assert formulas.rows_per_handler(1, [(1, 1_000)]) == pytest.approx(1)
    assert formulas.rows_per_handler(1_000, [(1_000, 0.001)]) == pytest.approx(0.01, rel=0.01)


def test_counting_costs_by_environments_and_hardly_by_handlers():
    alone = formulas.counting(10, [(1, 1_000)])
    many = formulas.counting(10, [(1_000, 1)])
    assert many.write_units > 50 * alone.write_units
    assert formulas.counting(100, [(100, 1_000)]).write_units < 2 * formulas.counting(10, [(100, 100)]).write_units


def test_what_rows_are_reckoned_to_take_is_what_they_take():
    counting = Counting(Day(reduced()).services, plans()[3].kinds(), 1)
    for shares in ((1.0, 1.0, 0.5), (1.0, 1.0, 1.0)):
        rows = counting._rows(shares)
        data, text_bytes = packed(rows)
        assert len(data) / len(rows) == pytest.approx(formulas.ROW_BYTES, rel=0.1)
        assert len(data) / text_bytes == pytest.approx(ASSUMED.deflated_share, rel=0.1)
