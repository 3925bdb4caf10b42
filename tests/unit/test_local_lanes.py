"""Lanes: what goes to them, and that ingest answers there as it does in the front process."""

import gzip
import hmac
import json
import os
import pickle
import signal
import zlib

import pytest

from domain.errors import Undelivered
from local.gateway import LocalContext, event_from_request
from local.ingest import IngestPorts
from local.lanes import DEAR_BYTES, DEAR_VALUES, LANE_SECONDS, Lanes, is_dear
from tests.ingest_world import NAME_AND_COUNT, World

GZIP = {"content-encoding": "gzip"}
FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    ("headers", "body", "dear"),
    [
        ({}, b"", False),
        ({}, b'{"name":"x"}', False),
        ({}, json.dumps([{"name": "x" * 300, "count": 1}] * 20).encode(), False),
        ({}, b"x" * DEAR_BYTES, False),
        ({}, b"x" * (DEAR_BYTES + 1), True),
        ({}, b"{" * DEAR_VALUES, False),
        ({}, b"{" * (DEAR_VALUES + 1), True),
        ({}, b"x\n" * (DEAR_VALUES + 1), True),
        (GZIP, gzip.compress(b'{"name":"x"}', mtime=0), False),
        (GZIP, gzip.compress(b"x" * (DEAR_BYTES + 1), mtime=0), True),
        (GZIP, gzip.compress(b"x", mtime=0) + gzip.compress(b"x" * DEAR_BYTES, mtime=0), True),
        (GZIP, gzip.compress(b"[" * 1_000, mtime=0), True),
        (GZIP, gzip.compress(b"", mtime=0) * 1_000, True),
        (GZIP, b"no gzip", False),
        ({"content-encoding": "deflate"}, zlib.compress(b"[" * 1_000), True),
        ({"content-encoding": "br"}, b"unknown", False),
        (FORM, b"d=%7B%7D", False),
        (FORM, b"d=" + b"W3t9" * DEAR_VALUES, True),
    ],
)
def test_what_may_cost_much_is_dear(headers, body, dear):
    assert is_dear(headers, body) is dear


class House:
    """The ports of an ingest in memory, and lanes on them."""

    def __init__(self):
        self.world = World()
        self.environment_id = self.world.add_environment(NAME_AND_COUNT)
        world = self.world
        self.ports = IngestPorts(
            world.catalog,
            world.streams,
            world.spill,
            world.quarantine,
            world.counters,
            world.rates,
            lambda: b"x" * 32,
            world.secrets,
            world.taps,
        )
        self.lanes = Lanes(self.ports)

    def event(self, body, route="", **headers):
        path = f"/e/{self.environment_id}{route}"
        scope = {
            "method": "POST", "raw_path": path.encode(), "query_string": b"", "client": None, "http_version": "1.1",
        }  # fmt: skip
        return event_from_request(scope, {"host": "127.0.0.1", **headers}, body)

    def answer(self, body):
        answer = self.lanes.handle(self.event(body), LocalContext("a"))
        return answer["statusCode"], json.loads(answer["body"])


class Babble:
    """The front's end of a pipe over which nonsense comes."""

    def __init__(self, pipe):
        self._pipe = pipe
        self.send, self.close = pipe.send, pipe.close

    def recv(self):
        self._pipe.recv_bytes()
        return pickle.loads(b"no pickle")


@pytest.fixture
def house():
    house = House()
    yield house
    house.lanes.close()


def test_a_lane_answers_keeps_and_counts_as_the_front_process_does(house):
    status, answer = house.answer(b'[{"name":"a"},{"name":1},{"name":"b"}]')
    assert (status, answer["accepted"], answer["quarantined"]) == (200, 2, 1)
    assert [event["name"] for event in house.world.events()] == ["a", "b"]
    assert [event["_event_id"] for event in house.world.events()] == answer["event_ids"]
    assert [event.raw for event in house.world.quarantined()] == [b'{"name":1}']
    counted = house.world.counted()
    assert (counted["requests"], counted["accepted"], counted["quarantined"]) == (1, 2, 1)
    assert house.answer(b"no json")[1]["code"] == "not_json"
    assert len(house.lanes.process_ids) == 1


def test_a_lane_knows_what_webhooks_are_signed_with(house):
    house.world.add_webhook(house.environment_id, "shop", "hmac", b"a secret")
    body = b'{"name":"a"}'
    signed = {"x-signature-256": f"sha256={hmac.digest(b'a secret', body, 'sha256').hex()}"}
    for headers, status in ((signed, 200), ({}, 401)):
        assert (
            house.lanes.handle(house.event(body, "/hooks/shop", **headers), LocalContext("a"))["statusCode"] == status
        )


def test_what_a_lane_could_not_keep_it_does_not_acknowledge(house):
    house.world.streams.always = house.world.spill.always = Undelivered("gone", retryable=False)
    status, answer = house.answer(b'{"name":"a"}')
    assert (status, answer["code"]) == (503, "undeliverable")
    house.world.streams.always = None
    assert house.answer(b'{"name":"a"}')[0] == 200


def test_a_lane_that_dies_promises_nothing_and_another_takes_its_place(house):
    def kill(given):
        os.kill(house.lanes.process_ids[0], signal.SIGKILL)
        return [None] * len(given)

    house.world.streams.script.append(kill)
    with pytest.raises(RuntimeError, match="without an answer"):
        house.answer(b'{"name":"a"}')
    assert house.lanes.process_ids == []
    assert house.answer(b'{"name":"a"}')[0] == 200


@pytest.mark.parametrize("spaces", [0, 4_000_000], ids=["short", "longer than a pipe holds"])
def test_a_lane_that_hangs_is_ended_and_the_next_request_is_answered(house, spaces):
    house.answer(b'{"name":"a"}')
    (hanging,) = house.lanes.process_ids
    os.kill(hanging, signal.SIGSTOP)
    house.lanes.patience_seconds = 0.01
    with pytest.raises(RuntimeError, match="without an answer"):
        house.answer(b'{"name":"b"}' + b" " * spaces)
    assert house.lanes.process_ids == []
    house.lanes.patience_seconds = LANE_SECONDS
    assert house.answer(b'{"name":"c"}')[0] == 200
    assert [event["name"] for event in house.world.events()] == ["a", "c"]


def test_a_lane_that_says_something_else_is_ended(house):
    def say_something_else(given):
        (lane,) = house.lanes._all
        lane._pipe = Babble(lane._pipe)
        return [None] * len(given)

    house.world.streams.script.append(say_something_else)
    with pytest.raises(pickle.UnpicklingError):
        house.answer(b'{"name":"a"}')
    assert house.lanes.process_ids == []
    assert house.answer(b'{"name":"a"}')[0] == 200


def test_a_lane_that_died_while_it_was_idle_costs_no_request(house):
    house.answer(b'{"name":"a"}')
    dead = house.lanes.process_ids
    os.kill(dead[0], signal.SIGKILL)
    os.waitid(os.P_PID, dead[0], os.WEXITED | os.WNOWAIT)
    assert house.answer(b'{"name":"a"}')[0] == 200
    assert house.lanes.process_ids != dead


def test_a_lane_works_on_through_signals_and_ends_with_its_pipe(house):
    house.answer(b'{"name":"a"}')
    (process_id,) = house.lanes.process_ids
    os.kill(process_id, signal.SIGINT)
    os.kill(process_id, signal.SIGTERM)
    assert house.answer(b'{"name":"a"}')[0] == 200
    assert house.lanes.process_ids == [process_id]
    house.lanes.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)
    with pytest.raises(RuntimeError, match="closed"):
        house.answer(b'{"name":"a"}')


def test_a_lane_that_is_at_work_when_the_run_ends_is_not_waited_for(house):
    def end(given):
        house.lanes.close()
        return [None] * len(given)

    house.world.streams.script.append(end)
    with pytest.raises(RuntimeError, match="without an answer"):
        house.answer(b'{"name":"a"}')
    assert house.lanes.process_ids == []
