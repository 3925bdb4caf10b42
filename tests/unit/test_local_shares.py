"""Shares of connections: what workers of one listening socket leave to each other."""

import contextlib
import socket

import pytest

from local import ingest_worker
from local.ingest_worker import IngestWorker
from local.shares import Shares, make_shares, set_away


def test_a_worker_has_more_where_another_has_notably_fewer():
    with make_shares(2) as memory:
        one, other = Shares(memory.fileno(), 0), Shares(memory.fileno(), 1)
        assert not one.has_more(160)  # the other one is not there yet
        other.tell(146)
        assert not one.has_more(160)
        other.tell(145)
        assert one.has_more(160)
        assert not other.has_more(145)
        other.tell(0)
        assert one.has_more(5)
        assert not one.has_more(4)


def test_to_a_worker_that_has_ended_nothing_is_left():
    with make_shares(2) as memory:
        one, other = Shares(memory.fileno(), 0), Shares(memory.fileno(), 1)
        other.tell(0)
        assert one.has_more(10)
        set_away(memory, 1)
        assert not one.has_more(10)
        other.tell(3)  # it was started again
        assert one.has_more(10)


class Taking:
    """A connection on its way to its protocol."""

    def __init__(self, connection):
        self.connection = connection

    def add_done_callback(self, _):
        """It never gets there."""


class DrivenLoop:
    """A loop in which nothing happens by itself; a connection that was taken stays on its way."""

    def __init__(self):
        self.reads = True
        self.later = []

    def add_reader(self, *_):
        self.reads = True

    def remove_reader(self, _):
        self.reads = False

    def call_later(self, _, what):
        self.later.append(what)

    def connect_accepted_socket(self, _, connection):
        return connection

    def create_task(self, connection):
        return Taking(connection)

    def turn(self, worker):
        """Do what an event loop does for a connection that waits."""
        later, self.later = self.later, []
        for what in later:
            what()
        if self.reads:
            worker._accept()


@pytest.fixture
def world(monkeypatch):
    """Give the address of a listening socket, and what makes workers of it."""
    monkeypatch.setattr(ingest_worker.asyncio, "get_running_loop", DrivenLoop)
    ours, theirs = socket.socketpair()
    made = []
    with ours, theirs, make_shares(2) as memory, socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)

        def worker(place):
            made.append(IngestWorker(listening, ours, Shares(memory.fileno(), place)))
            return made[-1]

        yield listening.getsockname(), worker
        for one in made:
            for coming in one._coming:
                coming.connection.close()


def test_of_two_workers_each_takes_about_half_though_one_is_always_first(world):
    address, make = world
    one, other = make(0), make(1)
    with contextlib.ExitStack() as held:
        for number in range(1, 65):
            held.enter_context(socket.create_connection(address))
            while len(one._coming) + len(other._coming) < number:
                one._loop.turn(one)
                other._loop.turn(other)
    assert (len(one._coming), len(other._coming)) == (35, 29)


@pytest.fixture
def leaving(world):
    """Give a worker to which a further connection comes, while another has none and takes none."""
    address, make = world
    one, hangs = make(0), make(1)
    hangs._shares.tell(0)
    with contextlib.ExitStack() as held:
        for _ in range(6):
            held.enter_context(socket.create_connection(address))
        for _ in range(5):
            one._loop.turn(one)
        assert len(one._coming) == 5
        yield one


def test_what_the_other_worker_does_not_take_is_taken_after_all(leaving):
    for _ in range(ingest_worker._MOST_LEFT):
        leaving._loop.turn(leaving)
    assert len(leaving._coming) == 5
    leaving._loop.turn(leaving)
    assert len(leaving._coming) == 6


def test_a_worker_that_ends_while_it_leaves_a_connection_to_others_takes_none(leaving):
    leaving._loop.turn(leaving)
    leaving.is_ending = True
    leaving._loop.turn(leaving)
    assert not leaving._loop.reads
    assert len(leaving._coming) == 5
