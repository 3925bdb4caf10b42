"""What every adapter of the quarantine's counts keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.quarantine import DynamoQuarantine
from adapters.sqlite.database import Database
from adapters.sqlite.quarantine import SqliteQuarantine
from domain.quarantine.ports import GroupCount, GroupKey, ObjectEntry, Progress, SettledObject
from schemas.limits import MAX_NAMED_GROUPS_PER_HOUR, MAX_UNKNOWN_KEYS_PER_HOUR
from tests.dynamodb_in_process import TABLE, dynamodb
from tests.memory_quarantine import MemoryQuarantine

HOUR = 1_795_420_800
AT = "2026-11-23T08:{:02}:00.000000Z"
PRICE = GroupKey("rev_1", "type_float", "/price")
TOTAL = GroupKey("rev_1", "", "")


@pytest.fixture(params=["sqlite", "dynamodb", "memory"])
def index(request, tmp_path):
    if request.param == "memory":
        yield MemoryQuarantine()
        return
    if request.param.startswith("dynamodb"):
        groups = 5 if request.param.endswith("parts") else 90
        with dynamodb() as client:
            yield DynamoQuarantine(Calls(client, sleep=lambda _: None), TABLE, groups_per_transaction=groups)
        return
    database = Database(tmp_path / "state.db")
    yield SqliteQuarantine(database)
    database.close()


def entry(name, *groups, environment_id="env_1", hour=HOUR):
    return ObjectEntry(name, environment_id, hour, [GroupCount(*group) for group in groups])


def count(key, events=1, first=0, last=0):
    return (key, events, AT.format(first), AT.format(last))


def unknown(name, parent=""):
    return GroupKey("rev_1", "unknown_key", f"{parent}/{name}")


def shown(index, environment_id="env_1", start=HOUR, end=HOUR + 3_600):
    return {group.key: (group.events, group.redriven) for group in index.groups(environment_id, start, end)}


def settled(name, lines=None, redrive_id="rdr_1", **progress):
    return SettledObject(redrive_id, name, "env_1", HOUR, lines or {}, Progress(objects=1, **progress))


def test_nothing_is_known_of_an_environment_that_refused_nothing(index):
    assert index.groups("env_1", 0, 2**40) == []
    assert index.redriven_lines("o1") is None
    assert index.progress("rdr_1") == Progress()


def test_the_same_group_of_several_objects_is_added_up(index):
    index.add(entry("o1", count(TOTAL, 3, 5, 9), count(PRICE, 2, 5, 7)))
    index.add(entry("o2", count(TOTAL, 1, 2, 2), count(PRICE, 1, 2, 2)))
    total, price = index.groups("env_1", HOUR, HOUR + 1)
    assert (total.key, total.events) == (TOTAL, 4)
    assert (price.hour, price.key, price.events, price.redriven) == (HOUR, PRICE, 3, 0)
    assert (price.first_seen, price.last_seen) == (AT.format(2), AT.format(7))
    assert (price.first_object, price.last_object) == ("o1", "o2")


def test_an_object_counts_once_however_often_it_is_written(index):
    for _ in range(3):
        index.add(entry("o1", count(PRICE)))
    assert shown(index) == {PRICE: (1, 0)}
    assert index.redriven_lines("o1") == frozenset()


def test_groups_are_those_of_the_hours_and_the_environment_that_are_asked_for(index):
    for number, hour in enumerate((HOUR - 3_600, HOUR, HOUR + 3_600)):
        index.add(entry(f"o{number}", count(PRICE), hour=hour))
    index.add(entry("other", count(PRICE), environment_id="env_2"))
    assert [group.hour for group in index.groups("env_1", HOUR - 3_600, HOUR + 3_600)] == [HOUR - 3_600, HOUR]
    assert shown(index, "env_2") == {PRICE: (1, 0)}


def test_keys_that_senders_make_up_share_a_group_beyond_the_first_fifty(index):
    names = [f"key_{number:03}" for number in range(MAX_UNKNOWN_KEYS_PER_HOUR + 20)]
    index.add(entry("first", *(count(unknown(name)) for name in names[:-1])))
    index.add(entry("second", count(unknown(names[-1]))))
    groups = shown(index)
    assert len(groups) == MAX_UNKNOWN_KEYS_PER_HOUR + 1
    assert groups[unknown("*")] == (20, 0)
    index.add(entry("again", count(unknown("key_000")), count(unknown("key_069")), count(unknown("x", "/items/*"))))
    groups = shown(index)
    assert groups[unknown("key_000")] == (2, 0)
    assert groups[unknown("*")] == (21, 0)
    assert groups[unknown("*", "/items/*")] == (1, 0)
    index.add(entry("later", count(unknown("later")), hour=HOUR + 3_600))
    assert shown(index, start=HOUR + 3_600, end=HOUR + 7_200) == {unknown("later"): (1, 0)}


def test_what_was_sent_is_taken_out_of_its_groups(index):
    index.add(entry("o1", count(TOTAL, 3), count(PRICE, 3)))
    assert not index.is_settled("rdr_1", "o1")
    assert index.settle(settled("o1", {0: [TOTAL, PRICE], 2: [TOTAL, PRICE]}))
    assert index.is_settled("rdr_1", "o1")
    assert shown(index) == {TOTAL: (3, 2), PRICE: (3, 2)}
    assert index.redriven_lines("o1") == {0, 2}


def test_an_object_is_settled_once_by_a_redrive(index):
    index.add(entry("o1", count(PRICE, 2)))
    work = settled("o1", {0: [PRICE]}, matched=2, valid=1, sent=1, invalid=1, codes={"required": 1})
    assert [index.settle(work) for _ in range(3)] == [True, False, False]
    assert shown(index) == {PRICE: (2, 1)}
    assert index.progress("rdr_1") == Progress(1, 2, 1, 1, 1, {"required": 1})


def test_a_line_that_two_redrives_sent_is_taken_out_once(index):
    index.add(entry("o1", count(PRICE, 3)))
    index.settle(settled("o1", {0: [PRICE], 1: [PRICE]}))
    assert index.settle(settled("o1", {1: [PRICE], 2: [PRICE]}, redrive_id="rdr_2"))
    assert shown(index) == {PRICE: (3, 3)}
    assert index.redriven_lines("o1") == {0, 1, 2}


def test_what_was_counted_with_others_is_taken_out_there(index):
    names = [f"k{number:02}" for number in range(MAX_UNKNOWN_KEYS_PER_HOUR + 1)]
    index.add(entry("o1", *(count(unknown(name)) for name in names)))
    index.settle(settled("o1", {0: [unknown("k00")], 1: [unknown(names[-1])]}))
    groups = shown(index)
    assert groups[unknown("k00")] == groups[unknown("*")] == (1, 1)
    assert groups[unknown("k01")] == (1, 0)


def test_progress_adds_up_over_objects_and_apart_for_each_redrive(index):
    index.settle(settled("o1", matched=2, valid=2, codes={"a": 1}))
    index.settle(settled("o2", matched=3, invalid=3, codes={"a": 2, "b": 1}))
    index.settle(settled("o1", redrive_id="rdr_2", matched=7))
    assert index.progress("rdr_1") == Progress(2, 5, 2, 0, 3, {"a": 3, "b": 1})
    assert index.progress("rdr_2") == Progress(1, 7)


def test_what_repairs_have_changed_adds_up_for_each_repair(index):
    index.settle(settled("o1", matched=3, changed={"events": 3, "0": 2, "19": 1}))
    index.settle(settled("o2", matched=1, changed={"events": 1, "0": 1}))
    index.settle(settled("o3", matched=1))
    assert index.progress("rdr_1") == Progress(3, 5, changed={"events": 4, "0": 3, "19": 1})


@pytest.mark.parametrize("index", ["sqlite", "dynamodb"], indirect=True)
def test_concurrent_writers_lose_nothing(index):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: index.add(entry(f"o{n % 10}", count(PRICE, 2))), range(20)))
        list(pool.map(lambda n: index.settle(settled(f"o{n % 10}", {0: [PRICE]}, sent=1)), range(20)))
    assert shown(index) == {PRICE: (20, 10)}
    assert index.progress("rdr_1") == Progress(objects=10, sent=10)


@pytest.mark.parametrize("index", ["sqlite", "dynamodb in parts"], indirect=True)
def test_what_is_too_much_for_one_step_is_counted_and_taken_out_whole(index):
    keys = [GroupKey("rev_1", "required", f"/k{number:03}") for number in range(12)]
    for _ in range(2):
        index.add(entry("o1", *(count(key) for key in keys)))
    assert shown(index) == dict.fromkeys(keys, (1, 0))
    assert index.settle(settled("o1", {0: keys}))
    assert not index.settle(settled("o1", {0: keys}))
    assert shown(index) == dict.fromkeys(keys, (1, 1))


def test_groups_of_a_name_are_counted_apart_up_to_a_bound_and_taken_out(index):
    named = [PRICE._replace(event_name=f"name {number:03}") for number in range(MAX_NAMED_GROUPS_PER_HOUR + 2)]
    index.add(entry("o1", count(PRICE, 9), *map(count, named[:-1])))
    index.add(entry("o2", count(named[0]), count(named[-1])))
    groups = shown(index)
    assert len(groups) == 1 + MAX_NAMED_GROUPS_PER_HOUR
    assert (groups[PRICE], groups[named[0]]) == ((9, 0), (2, 0))
    assert named[-1] not in groups
    index.settle(settled("o1", {0: [PRICE, named[0]], 1: [PRICE, named[-2]]}))
    groups = shown(index)
    assert (groups[PRICE], groups[named[0]]) == ((9, 2), (2, 1))
    assert len(groups) == 1 + MAX_NAMED_GROUPS_PER_HOUR
