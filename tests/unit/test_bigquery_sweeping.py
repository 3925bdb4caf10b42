"""An event that stands in the log twice is one row, in whatever order its copies come and wherever a writer dies."""

import itertools
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Semaphore, Thread

import pytest

from connectors.bigquery.connector import BigQueryConnector
from domain.delivery import repeats
from domain.delivery.connectors import RevisionTable, TableBeside
from domain.errors import Undelivered
from domain.ids import derived_event_ids, is_derived, new_event_ids
from tests.bigquery_double import MAPS, TABLE, TARGET, FakeBigQuery, failure
from tests.landed import KEY, MemoryObjects, Time, landed, line, set_aside

LOADED = replace(TARGET, destination={**TARGET.destination, "mode": "load"})
OTHER_KEY = KEY.replace("one", "two")


def again(number, **fields):
    """Return the line as it is put a second time."""
    return b" " + line(number, name="x", **fields)


def first(number, **fields):
    return line(number, name="x", **fields)


def redriven(number, **fields):
    return b"  " + line(number, name="x", **fields)


class World:
    def __init__(self):
        self.bigquery = FakeBigQuery()
        self.objects = MemoryObjects()
        self.time = Time()
        self.sums = defaultdict(Counter)
        self.connector = BigQueryConnector(
            emulator_host="nowhere", clients=self.bigquery, monotonic=self.time.monotonic, sleep=self.time.sleep
        )
        self.connector.make_tables(LOADED, [TABLE])

    def put(self, key, *lines):
        return landed(lines, objects=self.objects, key=key)

    def deliver(self, one, seconds=240.0):
        return self.connector.deliver(LOADED, one, lambda _: TABLE, self.time.budget(seconds))

    def count(self, one):
        """Deliver an object, and count it as its writer does."""
        for row in self.deliver(one).sums("env_1"):
            minute = datetime.fromtimestamp(row.minute, UTC).isoformat()[:16]
            self.sums[minute].update(delivered=row.delivered, repeats=row.repeats)

    @property
    def minutes(self):
        return {minute: (row["delivered"], row["repeats"]) for minute, row in self.sums.items()}

    @property
    def counted(self):
        """Delivered events and repeats."""
        return tuple(map(sum, zip(*self.minutes.values(), strict=True)))

    @property
    def ids(self):
        return sorted(self.bigquery.event_ids())


@pytest.fixture
def world():
    return World()


def test_an_object_of_which_nothing_is_marked_costs_no_query(world):
    world.deliver(world.put(KEY, first(1), first(2)))
    assert world.ids == ["evt_1", "evt_2"]
    assert world.bigquery.calls["query"] == 0


@pytest.mark.parametrize("order", [(KEY, OTHER_KEY), (OTHER_KEY, KEY)])
def test_copies_in_two_objects_are_one_row_whichever_comes_first(world, order):
    objects = {KEY: world.put(KEY, first(1), first(2)), OTHER_KEY: world.put(OTHER_KEY, again(2), first(3))}
    for key in order:
        world.count(objects[key])
    assert world.ids == ["evt_1", "evt_2", "evt_3"]
    assert world.counted == (3, 0)  # the copy is none that its sender sent: it was accepted once


def test_copies_in_one_object_are_loaded_once_and_no_query_has_to_look(world):
    lines = [again(1), first(2), first(1), again(1), again(2)]
    world.count(world.put(KEY, *lines))
    assert world.ids == ["evt_1", "evt_2"]
    assert world.counted == (2, 0)
    assert world.bigquery.calls["query_done"] == 1  # a look, and nothing to take away


KEYED = derived_event_ids("env_1", "key", [b"1", b"2", b"3"])


def keyed(place, minute=0, mark=b""):
    at = f"2026-11-02T10:{minute:02}:00.000000Z"
    return mark + line(KEYED[place].removeprefix("evt_"), name="x", received_at=at)


def test_what_a_sender_sent_again_in_one_object_is_a_repeat_of_its_own_minute(world):
    outcomes = world.deliver(world.put(KEY, keyed(0), keyed(1), keyed(0, minute=1), keyed(0, minute=1)))
    assert [(row.minute % 3_600, row.delivered, row.repeats) for row in outcomes.sums("env_1")] == [
        (0, 2, 0),
        (60, 0, 2),
    ]
    assert world.ids == sorted(KEYED[:2])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_a_sender_sent_again_in_another_object_is_a_repeat_whichever_is_loaded_first(world, order):
    objects = [world.put(KEY, keyed(0), keyed(1)), world.put(OTHER_KEY, keyed(0, minute=7), keyed(2))]
    for place in order:
        world.count(objects[place])
    assert world.ids == sorted(KEYED)
    assert world.counted == (3, 1)
    assert world.minutes == {"2026-11-02T10:00": (3, 0), "2026-11-02T10:07": (0, 1)}


@pytest.mark.parametrize("method", ["query", "query_done"])
@pytest.mark.parametrize("calls", [1, 2])
@pytest.mark.parametrize("others_first", [True, False])
def test_a_writer_that_dies_before_it_has_counted_counts_what_it_took_away_all_the_same(
    world, method, calls, others_first
):
    one, two = world.put(KEY, keyed(0), keyed(1)), world.put(OTHER_KEY, keyed(0, minute=7), keyed(1, minute=7))
    world.count(one)
    world.bigquery.faults[method] = [*[None] * (calls - 1), Dead()]
    with pytest.raises(Dead):
        world.deliver(two)
    if others_first:  # another copy of them comes in between
        world.count(world.put(f"{KEY}-3", keyed(1, minute=9)))
    world.count(two)
    if not others_first:
        world.count(world.put(f"{KEY}-3", keyed(1, minute=9)))
    assert world.ids == sorted(KEYED[:2])
    assert world.counted == (2, 3)


def test_a_writer_that_is_gone_before_it_has_counted_counts_the_same_whatever_others_have_noted_since(world):
    world.count(world.put(KEY, keyed(0)))
    two = world.put(OTHER_KEY, keyed(0, minute=7), keyed(1, minute=7))
    world.deliver(two)
    world.count(world.put(f"{KEY}-3", keyed(2, minute=7, mark=b" "), keyed(2, minute=7, mark=b" ")))
    world.count(two)
    assert world.ids == sorted(KEYED)
    assert world.minutes["2026-11-02T10:07"] == (2, 2)


@pytest.mark.parametrize("fault", ["query", "query_done"])
@pytest.mark.parametrize("calls", [1, 2, None])
@pytest.mark.parametrize("then", [1, 2])
def test_what_a_writer_took_away_is_counted_once_whatever_of_its_own_events_is_noted_meanwhile(
    world, fault, calls, then
):
    """It dies at a call, or after all of them before it has counted; then one of its events comes in another object."""
    one = world.put(KEY, first(1), first(2))
    world.count(world.put(OTHER_KEY, again(1)))
    if calls is None:
        world.deliver(one)
    else:
        world.bigquery.faults[fault] = [*[None] * (calls - 1), Dead()]
        with pytest.raises(Dead):
            world.deliver(one)
    world.count(world.put(f"{KEY}-3", again(then)))
    one.was_tried = True
    world.count(one)
    assert world.ids == ["evt_1", "evt_2"]
    assert world.counted == (2, 0)


def test_an_object_that_comes_again_takes_nothing_away_that_another_has_yet_to_count(world):
    world.count(world.put(KEY, first(1)))
    beside, two = world.put(f"{KEY}-3", first(2)), world.put(OTHER_KEY, again(1))
    world.count(beside)
    world.bigquery.faults["query"] = [Dead()]
    with pytest.raises(Dead):
        world.deliver(two)
    world.deliver(beside)  # it was counted, and its message came once more
    world.count(two)
    assert world.ids == ["evt_1", "evt_2"]
    assert world.counted == (2, 0)


def test_an_object_that_is_done_again_after_its_answers_have_expired_looks_anew(world):
    world.count(world.put(KEY, keyed(0)))
    two = world.put(OTHER_KEY, keyed(0, minute=7))
    world.deliver(two)
    for job in world.bigquery.jobs.values():
        job.has_expired = True
    world.deliver(two)
    assert world.ids == KEYED[:1]


def test_a_repeat_among_events_that_were_set_aside_is_set_aside_no_longer(world):
    outcomes = world.deliver(world.put(KEY, keyed(0, mark=b"  "), keyed(0, minute=1, mark=b"  ")))
    sums = outcomes.sums("env_1", were_set_aside=True)
    assert [(row.delivered, row.repeats, row.set_aside) for row in sums] == [(1, 0, -1), (0, 1, -1)]


def test_two_marked_copies_without_a_first_are_one_row(world):
    world.deliver(world.put(KEY, again(1)))
    world.deliver(world.put(OTHER_KEY, again(1)))
    assert world.ids == ["evt_1"]


def test_a_redrive_of_a_month_needs_no_note_for_each_of_its_minutes(world):
    days = [f"2026-11-{day:02}T{hour:02}:30:00.000000Z" for day in range(1, 29) for hour in range(24)]
    lines = [redriven(number, received_at=at) for number, at in enumerate(days)]
    calls = []
    world.objects.list_keys = lambda *given, **_: calls.append(given) or []
    for key in (KEY, OTHER_KEY):
        world.deliver(world.put(key, *lines))
    assert world.ids == sorted(f"evt_{number}" for number in range(len(days)))
    assert not [key for _, key in world.objects.objects if key.startswith(repeats.PREFIX)]
    assert calls == []


def test_a_line_that_was_sent_again_is_noted_also_where_another_copy_stands_for_it(world):
    world.deliver(world.put(KEY, redriven(1), again(1)))
    world.deliver(world.put(OTHER_KEY, first(1)))
    assert world.ids == ["evt_1"]


class Dead(BaseException):
    """The writer is gone."""


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
@pytest.mark.parametrize("method", ["load_table_from_file", "load_table_from_file_done", "query", "query_done"])
def test_a_writer_that_dies_at_any_call_leaves_nothing_twice_in_the_end(world, method, key):
    objects = {KEY: world.put(KEY, first(1), first(2)), OTHER_KEY: world.put(OTHER_KEY, again(2), first(3))}
    world.bigquery.faults[method] = [Dead()]
    other = OTHER_KEY if key == KEY else KEY
    died = 0
    for tries, name in enumerate((key, other, key, other)):
        objects[name].was_tried = tries > 1
        try:
            world.deliver(objects[name])
        except Dead:
            died += 1
    assert died == 1
    assert world.ids == ["evt_1", "evt_2", "evt_3"]


class Writer:
    """A writer that goes one step at a time: it notes, loads, reads notes, sweeps."""

    STEPS = 4

    def __init__(self, world, one):
        self._notes, one.notes = one.notes, self
        self._may_go, self._has_gone = Semaphore(0), Semaphore(0)
        self._thread = Thread(target=self._run, args=[world, one], daemon=True)
        self._thread.start()

    def step(self):
        self._may_go.release()
        assert self._has_gone.acquire(timeout=30)

    def write(self, marked):
        self._notes.write(marked)
        self._pause()

    def each(self, minutes):
        self._pause()
        found = list(self._notes.each(minutes))
        self._pause()
        return found

    def _run(self, world, one):
        self._may_go.acquire()
        world.deliver(one)
        self._has_gone.release()

    def _pause(self):
        self._has_gone.release()
        assert self._may_go.acquire(timeout=30)


@pytest.mark.parametrize("lines", [(again(1), first(1)), (again(1), again(1)), (redriven(1), redriven(1))])
def test_writers_whose_steps_interleave_in_any_way_leave_nothing_twice(lines):
    for turns in itertools.combinations(range(2 * Writer.STEPS), Writer.STEPS):
        world = World()
        one, two = (Writer(world, world.put(key, row)) for key, row in zip([KEY, OTHER_KEY], lines, strict=True))
        for turn in range(2 * Writer.STEPS):
            (one if turn in turns else two).step()
        assert world.ids == ["evt_1"], turns


def test_what_one_idempotency_key_brought_twice_is_one_row_the_earlier(world):
    (event_id,) = derived_event_ids("env_1", "key", [b"{}"])
    number = event_id.removeprefix("evt_")
    late = {"received_at": "2026-11-02T10:59:00.000000Z"}
    world.deliver(world.put(KEY, first(number, **late)))
    world.deliver(world.put(OTHER_KEY, first(number)))
    (row,) = world.bigquery.rows[f"my-project.events.{TABLE.name}"]
    assert row["_received_at"] == "2026-11-02T10:00:00.000000Z"


def test_only_ids_of_idempotency_keys_are_derived():
    assert all(map(is_derived, derived_event_ids("env_1", "key", [b"{}", b"{}", b"1"])))
    assert not any(map(is_derived, new_event_ids(3, 1_795_500_000_000)))


def test_a_copy_that_bigquery_refuses_is_set_aside(world):
    world.bigquery.poison = lambda row: "Too sour." if row["_event_id"] == "evt_1" else None
    outcomes = world.deliver(world.put(KEY, again(1), first(2)))
    assert world.ids == ["evt_2"]
    assert [row["event_id"] for row in set_aside(outcomes)] == ["evt_1"]


@pytest.mark.parametrize("error", [failure(429), failure(503)])
def test_a_sweep_that_time_may_mend_is_tried_again(world, error):
    world.deliver(world.put(KEY, first(1)))
    world.bigquery.faults["query"] = [error, None, error]
    world.deliver(world.put(OTHER_KEY, again(1)))
    assert world.ids == ["evt_1"]


def test_a_sweep_that_another_was_faster_than_is_done_by_a_job_that_comes_after(world):
    world.deliver(world.put(KEY, first(1)))
    lost = {"reason": "invalidQuery", "message": "Transaction is aborted due to concurrent update against table t."}
    world.bigquery.query_errors = [None, lost, lost]
    world.deliver(world.put(OTHER_KEY, again(1)))
    assert world.ids == ["evt_1"]
    assert sum("_sweep" in job_id for job_id in world.bigquery.jobs) == 3


def test_a_sweep_that_never_ends_gives_the_object_back_and_nothing_is_lost(world):
    world.deliver(world.put(KEY, first(1)))
    world.bigquery.faults["query"] = [failure(503)] * 100
    two = world.put(OTHER_KEY, again(1))
    with pytest.raises(Undelivered) as raised:
        world.deliver(two, seconds=30.0)
    assert raised.value.retryable
    world.bigquery.faults.clear()
    world.deliver(two)
    assert world.ids == ["evt_1"]


def test_where_rows_may_not_be_taken_away_they_stay_and_that_is_said(world, caplog):
    world.deliver(world.put(KEY, first(1)))
    world.bigquery.faults["query"] = [failure(403, "Access Denied: it may not delete.", "accessDenied")]
    assert world.deliver(world.put(OTHER_KEY, again(1))).delivered.total() == 1
    assert world.ids == ["evt_1", "evt_1"]
    assert "Access Denied: it may not delete." in caplog.text
    assert "evt_1" not in caplog.text


def test_a_table_that_is_gone_by_then_has_nothing_to_sweep(world):
    world.bigquery.faults["query"] = [failure(404, "Not found: Table", "notFound")]
    world.deliver(world.put(KEY, again(1)))
    assert world.ids == ["evt_1"]


def test_notes_are_fetched_once_and_forgotten_where_they_are_too_many(monkeypatch):
    objects = MemoryObjects()
    fetched = []
    monkeypatch.setattr(repeats, "MAX_REMEMBERED_IDS", 5)

    class Counting(MemoryObjects):
        def get(self, bucket, key):
            fetched.append(key)
            return objects.get(bucket, key)

    def notes(digest, read):
        return repeats.RepeatNotes(objects, read, "landing", "env_1", digest)

    read = repeats.ReadNotes(Counting())
    minute, other = "2026-11-02T10:00", "2026-11-02T10:01"
    notes("one", read).write({minute: {"evt_1", "evt_2", "evt_3"}})
    for _ in range(2):
        assert notes("two", read).read({minute}) == {minute: {"evt_1", "evt_2", "evt_3"}}
    assert len(fetched) == 1
    assert notes("one", read).read({minute}) == {}
    notes("three", read).write({other: {"evt_4", "evt_5", "evt_6"}})
    assert notes("two", read).read({other}) == {other: {"evt_4", "evt_5", "evt_6"}}
    notes("two", read).read({minute})
    assert len(fetched) == 3


CANARY = RevisionTable("shop_second_00000002", "rev_2", "Second", MAPS)
BEGAN, ENDED = datetime(2026, 11, 2, 10, 0, tzinfo=UTC), datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


class Beside(World):
    """A world in which two revisions ran side by side for half an hour."""

    def __init__(self, mode="load", began=BEGAN, ended=ENDED, spans=1):
        super().__init__()
        self.target = replace(TARGET, destination={**TARGET.destination, "mode": mode})
        self.connector.make_tables(self.target, [TABLE, CANARY])
        pairs = [(TABLE, CANARY), (CANARY, TABLE)]
        self.tables = {
            own.revision_id: replace(
                own, beside=[TableBeside(other.name, other.revision_id, began, ended) for _ in range(spans)]
            )
            for own, other in pairs
        }

    def deliver(self, one, seconds=240.0):
        return self.connector.deliver(self.target, one, self.tables.get, self.time.budget(seconds))

    @property
    def ids(self):
        return {name: sorted(self.bigquery.event_ids(name)) for name in (TABLE.name, CANARY.name)}


def under(revision_id, place, minute=0):
    at = f"2026-11-02T10:{minute:02}:00.000000Z"
    return line(KEYED[place].removeprefix("evt_"), revision_id=revision_id, name="x", received_at=at)


@pytest.mark.parametrize("mode", ["load", "stream"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_repeat_that_went_to_the_other_revision_is_one_row(mode, order):
    world = Beside(mode)
    objects = [world.put(KEY, under("rev_1", 0), under("rev_1", 1)), world.put(OTHER_KEY, under("rev_2", 0, minute=7))]
    for place in order:
        world.count(objects[place])
    assert sorted(event_id for ids in world.ids.values() for event_id in ids) == sorted(KEYED[:2])
    assert world.counted == (2, 1)
    if mode == "load":  # the earlier one stays, whichever is loaded first
        assert world.ids == {TABLE.name: sorted(KEYED[:2]), CANARY.name: []}
        assert world.minutes == {"2026-11-02T10:00": (2, 0), "2026-11-02T10:07": (0, 1)}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_rows_of_one_moment_in_two_tables_the_same_one_stays_whichever_is_loaded_first(order):
    world = Beside()
    objects = [world.put(KEY, under("rev_1", 0)), world.put(OTHER_KEY, under("rev_2", 0))]
    for place in order:
        world.count(objects[place])
    assert world.ids == {TABLE.name: KEYED[:1], CANARY.name: []}
    assert world.counted == (1, 1)


def test_both_copies_in_one_object_are_one_row():
    world = Beside()
    world.count(world.put(KEY, under("rev_2", 0), under("rev_1", 0, minute=3)))
    assert world.ids == {TABLE.name: [], CANARY.name: KEYED[:1]}
    assert world.counted == (1, 1)


def test_several_copies_on_both_sides_are_one_row_and_counted_each():
    world = Beside()
    for number, one in enumerate([under("rev_2", 0, 1), under("rev_1", 0, 2), under("rev_2", 0, 3), under("rev_1", 0)]):
        world.count(world.put(f"{KEY}-{number}", one))
    assert world.ids == {TABLE.name: KEYED[:1], CANARY.name: []}
    assert world.counted == (1, 3)


def test_revisions_that_ran_side_by_side_several_times_are_looked_at_once():
    world = Beside(spans=3)
    world.count(world.put(KEY, under("rev_1", 0)))
    world.count(world.put(OTHER_KEY, under("rev_2", 0, minute=7)))
    assert world.counted == (1, 1)


@pytest.mark.parametrize(("minute", "is_found"), [(-59, True), (-61, False), (89, True), (91, False)])
@pytest.mark.parametrize("mode", ["load", "stream"])
def test_a_repeat_is_looked_for_across_both_from_an_hour_before_until_an_hour_after(mode, minute, is_found):
    # One copy came while both ran, the other so many minutes after their beginning.
    at = BEGAN + timedelta(minutes=minute)
    came = at.isoformat().replace("+00:00", ".000000Z")
    other = line(KEYED[0].removeprefix("evt_"), revision_id="rev_2", name="x", received_at=came)
    world = Beside(mode)
    world.count(world.put(OTHER_KEY, other))
    looks = world.bigquery.calls["query"]
    world.count(world.put(KEY, under("rev_1", 0, minute=0 if minute < 0 else 29)))
    assert world.counted == ((1, 1) if is_found else (2, 0))
    assert world.bigquery.calls["query"] > looks


@pytest.mark.parametrize("mode", ["load", "stream"])
def test_events_that_came_when_one_revision_ran_cost_no_look_at_another_table(mode):
    long_ago = BEGAN - timedelta(hours=9)
    world, alone = Beside(mode, long_ago, long_ago + timedelta(hours=1)), Beside(mode)
    alone.tables = {"rev_1": TABLE}
    for one in (world, alone):
        one.count(one.put(KEY, under("rev_1", 0), under("rev_1", 1)))
    assert world.bigquery.calls["query"] == alone.bigquery.calls["query"]


@pytest.mark.parametrize("method", ["query", "query_done"])
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_writer_that_dies_while_it_looks_across_both_counts_each_repeat_once(method, calls):
    world = Beside()
    world.count(world.put(KEY, under("rev_1", 0)))
    two = world.put(OTHER_KEY, under("rev_2", 0, minute=7), under("rev_2", 1))
    world.bigquery.faults[method] = [*[None] * (calls - 1), Dead()]
    with pytest.raises(Dead):
        world.deliver(two)
    world.count(two)
    assert world.ids == {TABLE.name: KEYED[:1], CANARY.name: KEYED[1:2]}
    assert world.counted == (2, 1)


def test_a_repeat_is_counted_once_also_where_others_have_noted_more_before_the_second_run():
    world = Beside()
    world.count(world.put(KEY, under("rev_1", 0)))
    two = world.put(OTHER_KEY, under("rev_2", 0, minute=7), under("rev_2", 1))
    world.deliver(two)  # and is gone before it has counted
    world.deliver(world.put(f"{KEY}-3", b" " + under("rev_2", 2), b" " + under("rev_2", 1)))
    world.count(two)
    assert world.counted[1] == 1
    assert world.ids == {TABLE.name: KEYED[:1], CANARY.name: sorted(KEYED[1:3])}


@pytest.mark.parametrize("mode", ["load", "stream"])
def test_an_event_without_an_id_of_its_senders_is_in_no_other_table_and_costs_no_look(mode):
    world = Beside(mode)
    world.count(world.put(KEY, line(1, revision_id="rev_1", name="x"), line(2, revision_id="rev_2", name="x")))
    assert world.bigquery.calls["query"] == 0
