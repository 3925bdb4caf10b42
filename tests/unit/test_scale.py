"""Simulated days: repeatable to the byte, the page that tells of them, and the formulas that they hold to."""

import json
import logging
from dataclasses import replace

import pytest

from adapters.tallies import packed
from benchmarks.scale import formulas
from benchmarks.scale.counting import Counting
from benchmarks.scale.day import Day
from benchmarks.scale.document import NAMES, PAGE, days, dollars, page
from benchmarks.scale.meters import Busiest
from benchmarks.scale.plan import days as plans
from benchmarks.scale.plan import reduced
from benchmarks.scale.quotas import ASSUMED, QUOTAS
from benchmarks.scale.services import Samples
from domain.delivery.messages import spill_messages
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
    assert calm["readings"] == pytest.approx(formulas.reading(handlers, rates), rel=0.3)
    assert simulated["fold_seconds"] < USAGE_FOLD_SECONDS, "or one that folds is not enough"


def test_each_quota_has_its_page_and_each_that_bound_a_name(results):
    assert all(quota.page.startswith("https://") and quota.unit for quota in QUOTAS)
    assert set(NAMES) <= set(QUOTAS._fields)
    for result in results.values():
        assert set(result["first_bound"]) <= set(NAMES)


def test_what_goes_on_all_the_time_is_seen_however_long_a_tick_is():
    busiest = Busiest()
    busiest.hold("table", 300.0)
    busiest.hold("table", 200.0)
    assert busiest.rate("table") == 0, "it is known once the tick is over"
    busiest.end_tick()
    busiest.add("table", 1_000.0, 600.0)
    assert (busiest.rate("table"), busiest.peak, busiest.key) == (500, 500, "table")
    busiest.end_tick()
    assert (busiest.rate("table"), busiest.peaks) == (100, {"table": 500})


@pytest.fixture
def spill():
    day = Day(reduced())
    (kind, *_) = day.kinds
    (record,) = spill_messages(kind.stream_names[0], b"record")
    return day, day.services.streams[kind.stream_names[0]], record


def test_a_queue_of_which_all_was_taken_in_vain_gives_no_more_until_that_comes_again(spill):
    day, stream, record = spill
    in_flight, now = QUOTAS.queue_in_flight.value, 1_000.0
    day.clock.second = now
    day.spill.take(record, 2 * in_flight)
    stream.share = 0.0
    for _ in range(20):
        now += 15
        day.spill.work(now, 15)
    assert day.spill.hidden(now) == pytest.approx(in_flight)
    assert day.spill.waiting == pytest.approx(2 * in_flight)
    assert "queue_in_flight" in day.meters.first_bound
    stream.share, stream.calls, stream.bytes = 1.0, 1e9, 1e12
    day.spill.work(now + 15, 15)
    assert day.spill.waiting == pytest.approx(2 * in_flight), "those of other streams wait behind it, too"
    for _ in range(60):
        now += 15
        day.spill.work(now, 15)
    assert day.spill.waiting == 0


def test_what_is_delivered_makes_room_at_once(spill):
    day, stream, record = spill
    stream.calls, stream.bytes = 1e9, 1e12
    day.spill.take(record, 2 * QUOTAS.queue_in_flight.value)
    day.spill.work(1_000.0, 600)
    assert day.spill.waiting == 0
    assert "queue_in_flight" not in day.meters.first_bound


def test_the_more_write_to_a_sample_the_more_are_in_vain_and_a_version_stands_for_each_write():
    samples = Samples()
    assert samples.go_on("few", 1.0, 60.0) == pytest.approx(1.01, abs=0.005)
    assert samples.written["few"] == pytest.approx(60, abs=0.1)
    assert samples.go_on("many", 100.0, 60.0) > 1.8
    assert samples.written["many"] < 5_000


def test_thousands_of_handlers_write_what_they_saw_of_unknown_keys_by_turns():
    plan = replace(plans()[5], end=2 * 3_600)
    day = Day(plan).run()
    half = day.kinds[0]
    assert day.active > 1_000
    known = [(handler.weight, waited) for handler in day.handlers if (waited := handler.sample_seconds(half))]
    assert sum(weight for weight, _ in known) > day.active / 2
    assert sum(weight / waited for weight, waited in known) < 2, (
        "each minute, all of them would write more than 20 times per second"
    )


def test_handlers_read_a_busy_environment_every_few_seconds_and_a_quiet_one_for_each_request():
    assert formulas.readings(100, 1e9) == pytest.approx(25)
    assert formulas.readings(1_000, 0.01) == pytest.approx(0.01, rel=0.01)
    assert formulas.readings(10, 0) == 0


def test_a_writer_waits_for_several_environments_at_once_and_computes_for_one():
    one, ten = formulas.written(0.1, 10, 1), formulas.written(0.1, 10, 10)
    assert ten == pytest.approx(10 * one)
    assert formulas.written(0.1, 10, 100) == ten, "a batch has no more"
    assert formulas.written(0.1, 0, 10) == formulas.written(0.1, 0, 1)


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
