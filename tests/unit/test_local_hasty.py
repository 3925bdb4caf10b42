"""What an ingest worker answers: all that is cheap, and what may be dear while it turns out not to be."""

import gzip
import json
import socket
import time
from types import SimpleNamespace

import pytest
from greenlet import getcurrent

from domain.validation.bounds import RequestWork
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from local import ingest_worker
from local.ingest_protocol import Head, TooDear, Way
from local.ingest_worker import HASTY_VALUES, HastyRevision
from local.lanes import DEAR_BYTES, DEAR_VALUES
from local.shares import Shares, make_shares
from schemas.first_edition import revision_document
from tests.costly_requests import SCHEMAS

JSON = {"content-type": "application/json; charset=utf-8"}
ADDRESS = "/e/env_1"
MANY = b"[" + b",".join([b'{"name":"a","count":1}'] * 200) + b"]"


def document(fields):
    return revision_document(
        {"revision_id": "rev_1", "edition": 2, "additional_keys": "drop", "fields": fields, "regex_size": 0}
    )


NAMED = [
    {"key": "name", "type": "STRING", "presence": "required"},
    {"key": "count", "type": "INT", "presence": "optional"},
]


@pytest.fixture
def worker(monkeypatch):
    class Loop:
        def create_future(self):
            return None

    monkeypatch.setattr(ingest_worker.asyncio, "get_running_loop", Loop)
    ours, theirs = socket.socketpair()
    with ours, theirs, make_shares(1) as memory:
        yield ingest_worker.IngestWorker(ours, theirs, Shares(memory.fileno(), 0))


@pytest.mark.parametrize(
    ("path", "headers", "body", "way"),
    [
        (ADDRESS, {}, b"", Way.HERE),
        (ADDRESS, JSON, b"{" * DEAR_VALUES, Way.HERE),
        (ADDRESS, JSON, MANY, Way.HASTILY),
        ("/", JSON, MANY, Way.HASTILY),
        (ADDRESS, {"content-type": "application/x-ndjson"}, b"{}\n" * 1_000, Way.HASTILY),
        (ADDRESS, JSON, b'{"a":"' + b"x" * DEAR_BYTES + b'"}', Way.HASTILY),
        (ADDRESS, JSON, b"[" * (HASTY_VALUES + 1), Way.ELSEWHERE),
        (ADDRESS + "/v1/batch", JSON, MANY, Way.ELSEWHERE),
        (ADDRESS + "/v1/batch", JSON, b'{"batch":[]}', Way.HERE),
        ("/v1/batch", JSON, MANY, Way.ELSEWHERE),
        (ADDRESS, {"content-type": "application/x-www-form-urlencoded"}, b"d=" + b"W3t9" * 1_000, Way.ELSEWHERE),
        (ADDRESS, {**JSON, "content-encoding": "gzip"}, gzip.compress(MANY, mtime=0), Way.ELSEWHERE),
        (ADDRESS, {**JSON, "content-encoding": "gzip"}, gzip.compress(b"{}", mtime=0), Way.HERE),
        (ADDRESS, JSON, gzip.compress(MANY, mtime=0), Way.ELSEWHERE),
    ],
)
def test_what_is_cheap_is_answered_here_and_what_may_be_dear_hastily(worker, path, headers, body, way):
    head = Head("127.0.0.1")
    head.path, head.headers = path, headers
    assert worker.way(head, body) is way


def test_valid_events_are_read_hastily_as_they_are_at_leisure():
    usual, hasty = CompiledRevision(document(NAMED)), HastyRevision(document(NAMED), {getcurrent()})
    assert hasty.read_batch(MANY, RequestWork()) == usual.read_batch(MANY, RequestWork())
    assert hasty.read_event(b'{"name":"a"}') == usual.read_event(b'{"name":"a"}')


def test_at_the_first_event_with_a_fault_haste_ends():
    hasty = HastyRevision(document(NAMED), {getcurrent()})
    for text in (b'{"name":1}', b"no json", b'{"name":"a","count":1e400}'):
        with pytest.raises(TooDear):
            hasty.read_event(text)


def test_null_and_unknown_keys_are_read_hastily_too():
    hasty, text = HastyRevision(document(NAMED), {getcurrent()}), b'{"name":"a","count":null,"other":1}'
    assert hasty.read_event(text) == b'{"name":"a"}\n'
    assert hasty.read_batch(b"[" + text + b"]", RequestWork()) == [b'{"name":"a"}\n']


def test_without_haste_all_faults_are_found():
    assert isinstance(HastyRevision(document(NAMED), set()).read_event(b'{"name":1}'), Refusal)


@pytest.mark.parametrize("name", ["700 defaults", "long defaults", "kinds"])
def test_what_fills_in_much_or_compiles_fields_is_not_read_hastily(name):
    hasty = HastyRevision(document(json.loads(json.dumps(SCHEMAS[name]))), {getcurrent()})
    text = b'{"a":[' + b",".join([b"{}"] * 100) + b"]}"
    with pytest.raises(TooDear):
        hasty.read_event(text)
    with pytest.raises(TooDear):
        hasty.read_batch(b"[" + text + b"]", RequestWork())


def test_a_worker_that_ends_counts_what_is_under_way_though_its_sender_has_gone(worker, monkeypatch):
    later = []
    worker._loop = SimpleNamespace(remove_reader=lambda _: None, call_later=lambda _, *work: later.append(work))
    worker.has_ended = SimpleNamespace(set=lambda: counted.append("ended"))
    monkeypatch.setattr(worker._counters, "flush", lambda: counted.append("flushed"))
    counted, strands = [], []

    def keep():
        strands.append(getcurrent())
        worker.strands.wait()
        counted.append("kept")

    worker.strands.run(keep)
    worker._end(time.monotonic() + 60)
    assert counted == []
    strands[0].switch()
    ((again, deadline),) = later
    again(deadline)
    assert counted == ["kept", "flushed", "ended"]
