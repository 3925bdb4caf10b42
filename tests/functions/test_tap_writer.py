"""What the tap writer keeps of what handlers send, and what it tells them."""

import tracemalloc

import pytest

from domain.errors import Undelivered
from domain.live.keeping import CHUNK_BYTES, TapKeeper
from domain.live.packing import message_from
from domain.live.reading import Place, read_events
from domain.live.state import TapState
from domain.live.tapper import Tapper
from domain.records.ports import Put
from functions.tap_writer.handler import make_handler
from schemas.items import pointer_key
from schemas.limits import MAX_TAP_ALL_RATE, MAX_TAP_BYTES, MAX_TAP_EVENTS, TIMESTAMP_MAX_SECONDS
from tests.ingest_world import MemorySink
from tests.memory_table import MemoryTable
from tests.memory_taps import MemoryTaps
from tests.seen_requests import one_event

SECONDS = 1_800_000_000
ENVIRONMENT = "env_1"


class Writer:
    """A tap writer, the pointer that it reads and writes, and what it has kept."""

    def __init__(self, *leases, wrap=lambda store: store):
        self.now = float(SECONDS)
        self.table = MemoryTable(lambda: int(self.now * 1e9))
        self.table.transact([Put(pointer_key(ENVIRONMENT), {"state": "active", "taps": list(leases)}, 0)])
        self.taps = MemoryTaps()
        self.handle = make_handler(TapKeeper(self.table, wrap(self.taps), lambda: int(self.now * 1e9)))
        self._sent = 0

    def message(
        self, count=1, tap="tap_1", left_out=0, stand_for=None, size=0, environment=ENVIRONMENT, first=0, common="now"
    ):
        events = [{"taps": [0], "index": first + index, "raw": "x" * size} for index in range(count)]
        return message_from(
            {
                "environment_id": environment,
                "at_ms": int(self.now * 1_000),
                "taps": {tap: [left_out, count if stand_for is None else stand_for]},
                "common": {"at": common},
                "events": events,
            }
        )

    def send(self, *bodies, ids=None):
        """Hand a batch of messages over; return the places of those that have to come again."""
        records = []
        for place, body in enumerate(bodies):
            self._sent += 1
            records.append({"messageId": ids[place] if ids else f"m{self._sent}", "body": body})
        answer = self.handle({"Records": records}, None)
        failed = [row["itemIdentifier"] for row in answer["batchItemFailures"]]
        return [place for place, record in enumerate(records) if record["messageId"] in failed]

    def read(self, tap="tap_1", place=None, limit=100_000):
        return read_events(self.taps, tap, place or Place(), limit, self.now)

    def all(self, tap="tap_1"):
        """Read all events, page by page."""
        events, place = [], Place()
        while (page := self.read(tap, place)).events:
            events += page.events
            place = page.following
        return events

    def lease(self, tap="tap_1"):
        leases = self.table.get(pointer_key(ENVIRONMENT)).data["taps"]
        return next(lease for lease in leases if lease["id"] == tap)


def lease(tap="tap_1", sample=10, share=1.0, until=SECONDS + 3_600):
    return {"id": tap, "until": until, "sample": sample, "only": {}, "share": share, "told_at": SECONDS}


@pytest.fixture
def writer():
    return Writer(lease(), lease("tap_2", "all"))


def test_events_are_kept_in_order_with_what_their_request_shares(writer):
    assert writer.send(writer.message(2), writer.message(1, first=2)) == []
    assert [(event["index"], event["at"]) for event in writer.read().events] == [(0, "now"), (1, "now"), (2, "now")]
    assert writer.read("tap_2").events == []


def test_a_message_that_comes_again_is_kept_once(writer):
    body = writer.message()
    writer.send(body, ids=["a"])
    writer.send(body, writer.message(first=1), ids=["a", "b"])
    writer.send(body, ids=["b"])
    assert [event["index"] for event in writer.read().events] == [0, 1]


def test_no_more_is_kept_than_the_tap_asks_for_whatever_handlers_send(writer):
    for _ in range(100):  # ten seconds of 100 events each
        writer.send(writer.message(10))
        writer.now += 0.1
    kept = len(writer.all())
    assert 10 * 10 <= kept <= 10 * (10 + 2)
    assert writer.read().left_out == 1_000 - kept


def test_all_is_bounded_too(writer):
    for _ in range(20):
        writer.send(writer.message(1_000, "tap_2"))
        writer.now += 0.5
    assert len(writer.all("tap_2")) <= MAX_TAP_ALL_RATE * (10 + 2)


def test_a_batch_of_messages_that_expand_takes_bounded_memory(writer):
    body = writer.message(300, tap="tap_2", common="n" * 4_000)  # some hundred bytes as it travels, 1.2 MB of events
    tracemalloc.start()
    assert writer.send(*[body] * 200) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 120_000_000
    assert len(writer.all("tap_2")) + writer.read("tap_2").left_out == 200 * 300


def test_what_handlers_left_out_is_added_up(writer):
    writer.send(writer.message(1, left_out=5), writer.message(0, left_out=7))
    writer.send(writer.message(0, left_out=1))
    assert writer.read().left_out == 13


def test_handlers_are_told_their_share_once_it_changes(writer):
    assert writer.lease()["share"] == 1.0
    for _ in range(7):
        writer.send(writer.message(10, stand_for=1_000))
        writer.now += 1.0
    assert writer.lease()["share"] == pytest.approx(10 / 1_000, rel=0.3)
    told = writer.table.get(pointer_key(ENVIRONMENT)).version
    for _ in range(22):
        writer.send(writer.message(10, stand_for=1_100))
        writer.now += 1.0
    assert writer.table.get(pointer_key(ENVIRONMENT)).version == told + 2  # one that is not confirmed would grow
    for _ in range(7):
        writer.send(writer.message(3))
        writer.now += 1.0
    assert writer.lease()["share"] == 1.0
    assert writer.lease("tap_2")["share"] == 1.0


def test_another_change_of_the_pointer_goes_before_a_share(writer):
    key = pointer_key(ENVIRONMENT)

    def change():
        item = writer.table.get(key)
        writer.table.transact([Put(key, {**item.data, "state": "failed"}, item.version)])

    writer.send(writer.message(10, stand_for=10_000))
    writer.now += 6
    writer.table.before_transact = change
    assert writer.send(writer.message(10, stand_for=10_000)) == []
    assert (writer.table.get(key).data["state"], writer.lease()["share"]) == ("failed", 1.0)
    assert len(writer.read().events) == 20


@pytest.mark.parametrize("leases", [[], [lease("tap_9")]])
def test_events_of_a_tap_that_is_gone_are_dropped(leases):
    writer = Writer(*leases)
    assert writer.send(writer.message(), writer.message(environment="env_gone")) == []
    assert writer.taps.kept == {}


def test_the_last_events_of_a_tap_that_has_just_ended_are_kept():
    writer = Writer(lease(until=SECONDS - 1))
    writer.send(writer.message())
    assert len(writer.read().events) == 1


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", '{"taps": ', "no base64!", "aGk="),
        *(message_from(fields) for fields in ({}, {"environment_id": "env_1"}, {"taps": 1})),
    ],
)
def test_a_message_that_can_not_be_read_fails_alone(writer, body, caplog):
    assert writer.send(writer.message(), body, writer.message(first=1)) == [1]
    assert len(writer.read().events) == 2
    assert len(caplog.records) == 1


def test_a_message_that_would_unpack_to_too_much_is_none(writer):
    bomb = message_from({"environment_id": "x" * 50_000_000})
    assert len(bomb) < 400_000
    assert writer.send(bomb) == [0]


def test_what_can_not_be_kept_comes_again(caplog):
    class Failing(MemoryTaps):
        broken = True

        def append(self, tap_id, *more):
            if tap_id == "tap_2" and self.broken:
                raise Undelivered("out")
            super().append(tap_id, *more)

    failing = Failing()
    writer = Writer(lease(), lease("tap_2"), wrap=lambda _: failing)
    writer.taps = failing
    bodies = [writer.message(), writer.message(tap="tap_2")]
    assert set(writer.send(*bodies, ids=["a", "b"])) >= {1}
    failing.broken = False
    assert writer.send(*bodies, ids=["a", "b"]) == []
    assert [len(writer.read(tap).events) for tap in ("tap_1", "tap_2")] == [1, 1]


def test_two_writers_of_a_tap_keep_each_event_once(writer):
    writer.taps.before_append = lambda: writer.send(writer.message(2, first=5))
    writer.send(writer.message(2))
    assert [event["index"] for event in writer.read().events] == [5, 6, 0, 1]


def test_two_writers_meet_in_the_middle_of_a_large_batch(writer):
    large = [writer.message(1, "tap_2", size=CHUNK_BYTES * 2 // 5, first=number) for number in range(4)]

    def later():
        writer.taps.before_append = lambda: writer.send(writer.message(1, "tap_2", first=9))

    writer.taps.before_append = later
    writer.send(*large)
    assert sorted(event["index"] for event in writer.all("tap_2")) == [0, 1, 2, 3, 9]


def test_the_oldest_events_go_first_and_are_counted(writer):
    for number in range(130):
        writer.send(writer.message(100, "tap_2", first=number * 100))
        writer.now += 0.2
    page = writer.read("tap_2", limit=1)
    events = writer.all("tap_2")
    assert MAX_TAP_EVENTS - 300 <= len(events) <= MAX_TAP_EVENTS
    assert page.dropped == 13_000 - len(events)
    assert [event["index"] for event in events] == list(range(13_000 - len(events), 13_000))


def test_a_tap_keeps_a_bounded_number_of_bytes(writer):
    for _ in range(90):
        writer.send(*[writer.message(1, "tap_2", size=120_000) for _ in range(8)])
        writer.now += 1
    assert len(writer.all("tap_2")) * 120_000 <= MAX_TAP_BYTES
    assert writer.read("tap_2", limit=1).dropped > 0


def test_a_reader_that_fell_behind_goes_on_with_the_oldest_that_is_kept(writer):
    writer.send(writer.message(100, "tap_2"))
    page = writer.read("tap_2", limit=10)
    for _ in range(120):
        writer.send(writer.message(100, "tap_2", first=1_000))
        writer.now += 0.2
    assert writer.read("tap_2", page.following, limit=1).events[0]["index"] >= 1_000


def test_a_reader_of_a_tap_without_an_end_goes_on_after_days_without_events():
    writer = Writer(lease(until=TIMESTAMP_MAX_SECONDS))
    for _ in range(3):
        writer.send(writer.message())
    following = writer.read().following
    writer.now += 3 * 86_400
    writer.taps.purge(writer.now)
    for index in range(6):
        writer.send(writer.message(first=index))
    assert [event["index"] for event in writer.read(place=following).events] == [0, 1, 2, 3, 4, 5]


def test_the_state_of_a_tap_stays_small(writer):
    for number in range(3_000):
        writer.send(writer.message(4, "tap_2"), ids=[f"message-{number}"])
        writer.now += 0.1
    assert len(writer.taps.state("tap_2")[1]) < 10_000
    assert TapState(writer.taps.state("tap_2")[1]).events <= MAX_TAP_EVENTS


def test_a_thousand_handlers_stay_within_the_rate_of_a_tap():
    """2,000 requests per second, spread over handlers that know nothing of each other."""
    dice = _Dice()
    writer = Writer(lease(share=0.05))  # ten times what is right
    handlers = []
    for _ in range(1_000):
        sink = MemorySink("taps", [])
        handlers.append((Tapper(sink, dice), sink))
    messages = 0
    known = writer.lease()
    for tick in range(40 * 10):
        if tick % 40 == 0:
            known = writer.lease()  # as a handler that reads its pointer every 4 s
        bodies = []
        for number in range(200):
            tapper, sink = handlers[(tick * 200 + number * 7) % 1_000]
            now_ns = int(writer.now * 1e9)
            if choices := tapper.choose([known], 1, now_ns):
                tapper.look(choices, *one_event(known, now_ns))
            bodies += [body for _, body in sink.taken]
            sink.taken.clear()
        if bodies:
            writer.send(*bodies)
        if tick >= 10 * 10:
            messages += len(bodies)
        writer.now += 0.1
    assert len(writer.all()) <= 40 * 10 + 20
    assert 5 <= messages / 30 <= 20


class _Dice:
    """Chance that is the same each time."""

    def __init__(self):
        self._state = 1

    def __call__(self):
        self._state = self._state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407 & (2**64 - 1)
        return self._state / 2**64
