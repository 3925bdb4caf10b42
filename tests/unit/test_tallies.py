"""Tallies: what a handler has counted reaches the queue under one id, however often that takes."""

import zlib

import pytest

from adapters.tallies import MAX_TALLY_BYTES, TallySink, packed, tally_from, text_of, unpacked
from domain.delivery.ports import PutFailure
from domain.errors import Undelivered
from domain.metering.ports import COUNTS, UsageSums
from schemas.codes import Fault, Outcome
from schemas.limits import MAX_EVENT_NAME_CHARS, MAX_EVENT_NAMES, MAX_MESSAGE_BYTES

MINUTE = 1_793_600_000


class Queue:
    """Takes what it is sent, until it is told to lose answers, or to take nothing."""

    def __init__(self):
        self.texts = []
        self.fails = None

    def send(self, bodies):
        if self.fails != "before":
            self.texts += bodies
        failure = PutFailure("no answer", retryable=True)
        return [failure if self.fails else None for _ in bodies]

    def rows(self):
        """Return the rows of all tallies, each of which counts once."""
        tallies = {tally.tally_id: tally for tally in map(tally_from, self.texts)}
        return [row for tally in tallies.values() for row in unpacked(tally.rows, MAX_TALLY_BYTES)]


def row(number=0, **counts):
    return UsageSums(f"env_{number}", "", MINUTE, endpoint_id="ep_1", organisation_id="org_1", **counts)


def test_rows_arrive_as_they_were():
    named = {"\N{SNOWMAN}": {"accepted": 1}}
    rows = [
        row(1, **dict(zip(COUNTS, range(-1, 20), strict=False)), codes={"regex": 2**62}),
        row(2, names=named, other_names={"rejected": 2}, protocols={"rest": {"accepted": 3}}),
        row(3, codes={Fault.TYPE_STRING: 4}, names={"a": {Outcome.ACCEPTED: 1}}),
        UsageSums("env_3", "rev_1", 0),
    ]
    queue = Queue()
    TallySink(queue).add(rows)
    assert len(queue.texts) == 1
    assert queue.rows() == rows


@pytest.mark.parametrize("fails", ["before", "after"])
def test_what_the_queue_did_not_take_comes_first_the_next_time_under_its_id(fails):
    queue = Queue()
    sink = TallySink(queue)
    queue.fails = fails
    sink.add([row(accepted=1)])
    for _ in range(2):
        with pytest.raises(Undelivered):
            sink.add([row(accepted=2)])
    queue.fails = None
    sink.add([row(accepted=4)])
    sink.add([])
    assert sum(each.accepted for each in queue.rows()) == 5


def test_nothing_is_sent_where_nothing_was_counted():
    queue = Queue()
    TallySink(queue).add([])
    assert queue.texts == []


def test_every_tally_has_an_id_of_its_own():
    data, _ = packed([row()])
    assert len({tally_from(text_of(data)).tally_id for _ in range(100)}) == 100


def test_many_rows_with_all_the_names_there_may_be_are_messages_that_a_queue_takes():
    names = {f"{number:x}".ljust(MAX_EVENT_NAME_CHARS, "\x01"): {"accepted": 1} for number in range(MAX_EVENT_NAMES)}
    rows = [row(number, names=names) for number in range(7)]
    queue = Queue()
    TallySink(queue).add(rows)
    assert queue.rows() == rows
    assert all(len(text) <= MAX_MESSAGE_BYTES for text in queue.texts)
    assert 1 < len(queue.texts) <= len(rows)


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"[]",
        b"1",
        b'{"environment_id": ["env_1"]}',
        b'{"environment_id": ["env_1"], "revision_id": ["rev_1"], "minute": ["0"]}',
        b'{"environment_id": ["env_1"], "revision_id": ["rev_1"], "minute": [0], "unheard": [1]}',
        b'{"environment_id": ["env_1"], "revision_id": ["rev_1", "rev_2"], "minute": [0]}',
        *(
            b'{"environment_id": ["env_1"], "revision_id": ["rev_1"], "minute": [0], "%s": [%s]}' % (column, held)
            for column, held in (
                (b"codes", b'{"regex": "1"}'),
                (b"codes", b'{"regex": {"a": 1}}'),
                (b"other_names", b'{"accepted": true}'),
                (b"names", b'{"seen": 1}'),
                (b"names", b'{"seen": {"accepted": null}}'),
                (b"protocols", b'{"rest": {"accepted": 1.5}}'),
            )
        ),
    ],
)
def test_what_holds_no_rows_is_not_read(text):
    with pytest.raises(ValueError, match=r"."):
        unpacked(zlib.compress(text), MAX_TALLY_BYTES)


@pytest.mark.parametrize("data", [b"", b"plain", packed([row()])[0][:-5]])
def test_what_is_not_whole_is_not_read(data):
    with pytest.raises(ValueError, match=r"."):
        unpacked(data, MAX_TALLY_BYTES)


def test_what_is_larger_than_it_may_be_is_not_inflated():
    with pytest.raises(ValueError, match="too many"):
        unpacked(zlib.compress(b" " * (MAX_TALLY_BYTES + 1)), MAX_TALLY_BYTES)


@pytest.mark.parametrize("text", ["", "fold", "z" * 32 + " AAAA", "a" * 32 + " not base64!", "a" * 32 + "\N{SNOWMAN}"])
def test_a_message_that_is_none_is_told_apart(text):
    with pytest.raises(ValueError, match=r"."):
        tally_from(text)
