"""Ingest workers, as the main process looks after them: what it runs out of costs no worker, and none stays away."""

import pickle
import socket
import threading
from types import SimpleNamespace

import pytest

from domain.errors import Undelivered
from local import ingest_workers
from local.far_calls import LENGTH
from local.far_ports import Call, done
from local.ingest_workers import IngestWorkers, take_over


def message(received):
    return LENGTH.pack(len(received)) + received


def test_a_connection_that_there_is_no_descriptor_for_is_closed_and_the_next_one_taken():
    ours, theirs = socket.socketpair()
    handed, kept = socket.socketpair()
    adopted = []
    with ours, theirs, kept:
        theirs.sendall(message(b"without a descriptor"))
        socket.send_fds(theirs, [message(b"with one")], [handed.fileno()])
        handed.close()
        theirs.shutdown(socket.SHUT_WR)
        take_over(ours, lambda connection, received: adopted.append((connection, received)))
        ((connection, received),) = adopted
        assert received == b"with one"
        with connection:
            connection.sendall(b"it is the one")
            assert kept.recv(100) == b"it is the one"


def test_a_worker_that_can_not_be_started_again_at_once_is_started_later(monkeypatch, caplog):
    monkeypatch.setattr(ingest_workers, "AGAIN_SECONDS", 0)
    stays, serving = threading.Event(), threading.Event()
    starts = iter([lambda: None, OSError(24, "Too many open files"), OSError(11, "No process"), stays.wait])

    def worker(listening, program, shares, place):
        course = next(starts)
        if isinstance(course, OSError):
            raise course
        if course == stays.wait:
            serving.set()

        def tell(order):
            stays.set()

        return SimpleNamespace(
            serve=lambda *_: course(), tell=tell, end=lambda _seconds: 1, close=lambda: None
        )  # fmt: skip

    monkeypatch.setattr(ingest_workers, "_Worker", worker)
    with IngestWorkers(1, None) as workers:
        workers.start(None, b"", lambda *_: None)
        assert serving.wait(5)
    assert caplog.text.count("starting an ingest worker") == 2


class OddError(Exception):
    """Can be written down, and not be read: as many vendors' errors."""

    def __init__(self, code, message):
        super().__init__(message)


@pytest.mark.parametrize(("error", "told"), [(OddError(1, "x"), RuntimeError), (Undelivered("full"), Undelivered)])
def test_whatever_a_port_raises_can_be_read_by_who_called_it(error, told):
    def get():
        raise error

    answer = pickle.loads(
        pickle.dumps(done(Call("table", "get", (), {}), SimpleNamespace(table=SimpleNamespace(get=get))))
    )
    assert type(answer.error) is told
