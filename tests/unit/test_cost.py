"""The arithmetic of what a million events cost, and the document that it writes."""

from pathlib import Path

import pytest

from benchmarks.cost import (
    BASE,
    BATCHES,
    balancer_begins,
    console_figures,
    document,
    naive_parts,
    stream,
    total,
)
from benchmarks.destination_costs import (
    SERVICES,
    bigquery,
    entries,
    http,
    lake,
    lake_commits,
    parquet_objects,
    postgres,
)
from benchmarks.front_door_costs import FRONT_DOORS, front_door
from benchmarks.prices import memory_of
from benchmarks.traffic import Traffic

ROOT = Path(__file__).parents[2]
COST = ROOT / "docs/cost.md"
SOME = [Traffic(size, events) for size in (100, 1_000, 30_000) for events in (1, 10, 100)]
FIGURES = ROOT / "console/src/pages/overview/cost_figures.json"


def test_the_document_says_what_the_arithmetic_says_now():
    assert COST.read_text(encoding="utf-8") == document()


def test_the_console_estimates_from_what_the_arithmetic_says_now():
    assert FIGURES.read_text(encoding="utf-8") == console_figures()


def test_the_stream_bills_records_rounded_up_to_5_kb():
    a_record_of_5_kb = 0.029 * 5 / 2**20
    assert stream(Traffic(300, 1)) == pytest.approx(1_000_000 * a_record_of_5_kb)
    assert stream(Traffic(5 * 1024, 1)) == pytest.approx(1_000_000 * a_record_of_5_kb)
    assert stream(Traffic(5 * 1024 + 1, 1)) == pytest.approx(2_000_000 * a_record_of_5_kb)
    assert stream(Traffic(1024, 10)) == pytest.approx(100_000 * 2 * a_record_of_5_kb)
    assert stream(Traffic(1024, 10), packed=False) == pytest.approx(1_000_000 * a_record_of_5_kb)


def test_an_http_api_meters_512_kb_at_a_time():
    assert front_door("HTTP API", Traffic(300, 1)) == pytest.approx(0.90)
    assert front_door("HTTP API", Traffic(1_000, 1_000)) == pytest.approx(0.90 * 2 / 1_000)


def test_a_function_url_takes_nothing_for_a_request_and_cloudfront_in_front_of_it_more_than_an_http_api():
    assert front_door("function URL", Traffic(300, 1)) == 0
    by_request = 1.00 + 0.10 + 0.020 * 1_000_000 * (300 + 900) / 2**30
    assert front_door("function URL behind CloudFront", Traffic(300, 1)) == pytest.approx(by_request)
    assert all(total("function URL", traffic) <= total(door, traffic) for door in FRONT_DOORS for traffic in SOME)
    assert all(total("function URL behind CloudFront", traffic) > total("HTTP API", traffic) for traffic in SOME)


def test_a_load_balancers_hours_are_paid_for_by_the_requests_from_which_it_is_said_to_win():
    begins = balancer_begins(BASE, "HTTP API")
    saved = total("HTTP API", BASE) - total("ALB, a connection per request", BASE)
    # The first 300 million of a month cost an HTTP API 1.00 each, and not 0.90.
    assert begins * (saved + 0.10) == pytest.approx(730 * (0.0225 + 2 * 0.005))
    assert 300 * 0.10 > 730 * (0.0225 + 2 * 0.005), "so where it saves anything later, it does so within them"
    cdn = "function URL behind CloudFront"
    saved = total(cdn, BASE) - total("ALB, a connection per request", BASE)
    assert balancer_begins(BASE, cdn) * saved == pytest.approx(730 * (0.0225 + 2 * 0.005))
    assert balancer_begins(Traffic(4_000, 100), "HTTP API") is None


@pytest.mark.parametrize("door", FRONT_DOORS)
def test_larger_batches_cost_less(door):
    costs = [total(door, Traffic(300, events)) for events in BATCHES]
    assert costs == sorted(costs, reverse=True)


def test_a_row_that_is_streamed_is_billed_as_1_kb_at_least_and_a_loaded_one_not_at_all():
    assert bigquery(Traffic(300, 1), "stream") == bigquery(Traffic(1_024, 1), "stream")
    assert bigquery(Traffic(2_048, 1), "stream") > bigquery(Traffic(1_024, 1), "stream")
    assert bigquery(Traffic(300, 1), "load") == bigquery(Traffic(4_000, 1), "load")


def test_the_usual_build_is_not_made_cheaper_than_it_is():
    assert sum(naive_parts(BASE, rest=False).values()) > total("HTTP API", BASE)


def test_the_memory_of_a_function_is_the_one_that_its_stack_sets():
    source = (Path(__file__).parents[2] / "infra/functions/ingest.py").read_text(encoding="utf-8")
    assert f"memory_mib={memory_of('ingest'):_}" in source


def test_a_target_over_http_costs_its_waits_and_what_is_sent():
    waits = 1_000_000 * 0.1 * memory_of("bigquery_writer") / 1_024 * 0.0000133334
    assert http(Traffic(300, 1)) - http(Traffic(300, 1_000)) == pytest.approx(waits * (1 - 1 / 1_000))
    sent = (900 - 300) * 1_000_000 * (0.09 / 2**30 + 0.005 / 1_000 / 2**20)
    assert http(Traffic(900, 500)) - http(Traffic(300, 500)) == pytest.approx(sent)


def test_a_queue_is_billed_by_calls_of_64_kb_and_the_writer_by_its_calls():
    service = SERVICES["sqs"]
    assert [service.call(size) for size in (300, 1_000, 200_000, 2_000_000)] == [10, 10, 5, 1]
    assert service.dollars(300) == pytest.approx(0.40 / 10)
    assert service.dollars(13_000) == pytest.approx(0.40 * 2 / 10)
    stream = SERVICES["kinesis"]
    assert stream.call(300) == 500
    assert (stream.dollars(300), stream.dollars(26_000)) == (pytest.approx(0.014), pytest.approx(2 * 0.014))
    assert SERVICES["eventbridge"].dollars(300) == pytest.approx(1.00)
    objects = 0.005 / 1_000 * 100 * 1_000_000 / 2**20
    assert entries(service, 400) - entries(service, 300) == pytest.approx(objects)


def test_a_database_is_waited_for_and_what_it_is_sent_leaves_aws():
    waits = 50 * 0.0000133334
    assert postgres(Traffic(0, 1)) == pytest.approx(waits + 5 * 1_769 / 1_024 * 0.0000133334)
    assert postgres(Traffic(1_024, 1)) - postgres(Traffic(0, 1)) == pytest.approx(1_000_000 * 1_024 * 0.09 / 2**30)


def test_a_lake_is_billed_by_its_writer_and_by_commits():
    assert lake() == pytest.approx(10 * 1_769 / 1_024 * 0.0000133334)
    commit = 11 * 0.005 / 1_000 + 3 / 1_000_000 + 0.5 * memory_of("lake_writer") / 1_024 * 0.0000133334
    assert lake_commits() == pytest.approx(commit * 43_800, rel=0.02)


def test_files_of_parquet_are_billed_by_their_objects():
    one = 4 * 0.005 / 1_000 + 6 * 0.0004 / 1_000 + 2 / 1_000_000 + 4 * 0.625 / 1_000_000
    one += 0.4 * memory_of("lake_writer") / 1_024 * 0.0000133334
    assert parquet_objects(60) == pytest.approx(one * 43_800, rel=0.02)
    assert parquet_objects(900) == pytest.approx(parquet_objects(60) / 15)
