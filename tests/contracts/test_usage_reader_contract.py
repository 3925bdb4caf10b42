"""What every adapter of usage reads back: sums by slice, within one organisation."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.sqlite.database import Database
from adapters.sqlite.usage import SqliteUsage
from domain.metering.ports import COUNTS, UsageScope, UsageSums
from domain.metering.slices import KEPT_SECONDS, STORED, Slice
from schemas.limits import MAX_EVENT_NAMES
from tests.memory_usage import MemoryUsage
from tests.usage_adapters import ADAPTERS

NOON = int(datetime(2026, 2, 28, 12, tzinfo=UTC).timestamp())
HOUR = 3_600
DAY = 86_400
ALWAYS = (0, 2**40)
ORGANISATION = UsageScope("org_1")


@pytest.fixture(params=ADAPTERS)
def usage(request, tmp_path):
    with ADAPTERS[request.param](tmp_path) as adapter:
        yield adapter


def sums(environment_id="env_1", revision_id="rev_1", minute=NOON, **fields):
    owner = {"endpoint_id": "ep_1", "organisation_id": "org_1"}
    return UsageSums(environment_id, revision_id, minute, **(owner | fields))


def counts(points, name="accepted"):
    return [(point.at - NOON, point.counts[name]) for point in points]


def test_minutes_add_up_to_their_hours_and_days(usage):
    usage.add([sums(minute=NOON + offset, accepted=1) for offset in (0, 60, HOUR - 60, HOUR, 12 * HOUR)])
    usage.add([sums(minute=NOON + 60, accepted=10)])
    assert counts(usage.series(ORGANISATION, Slice.MINUTE, *ALWAYS)) == [
        (0, 1),
        (60, 11),
        (HOUR - 60, 1),
        (HOUR, 1),
        (12 * HOUR, 1),
    ]
    assert counts(usage.series(ORGANISATION, Slice.HOUR, *ALWAYS)) == [(0, 13), (HOUR, 1), (12 * HOUR, 1)]
    assert counts(usage.series(ORGANISATION, Slice.DAY, *ALWAYS)) == [(-12 * HOUR, 14), (12 * HOUR, 1)]


def test_several_scopes_are_read_in_their_order(usage):
    usage.add([sums(f"env_{number}", accepted=number, minute=NOON + 60 * number) for number in range(1, 21)])
    scopes = [UsageScope("org_1", "ep_1", f"env_{number}") for number in range(20, -1, -1)]
    found = usage.several(scopes, Slice.MINUTE, *ALWAYS)
    assert [counts(points) for points in found] == [[(60 * number, number)] for number in range(20, 0, -1)] + [[]]


def test_a_point_has_every_count(usage):
    given_counts = {name: number for number, name in enumerate(COUNTS, 1)}
    usage.add([sums(**given_counts)])
    for stored in STORED:
        (point,) = usage.series(ORGANISATION, stored, *ALWAYS)
        assert point.counts == given_counts


def test_a_range_takes_the_slices_that_start_in_it(usage):
    usage.add([sums(minute=NOON + hour * HOUR, accepted=hour, codes={"regex": hour}) for hour in range(5)])
    start, end = NOON + HOUR, NOON + 3 * HOUR
    assert counts(usage.series(ORGANISATION, Slice.HOUR, start, end)) == [(HOUR, 1), (2 * HOUR, 2)]
    assert usage.codes(ORGANISATION, Slice.HOUR, start, end) == {"regex": 3}


def test_a_scope_narrows_and_never_leaves_its_organisation(usage):
    usage.add(
        [
            sums("env_1", accepted=1, codes={"regex": 1}),
            sums("env_1", "rev_2", accepted=2, codes={"regex": 2}),
            sums("env_2", accepted=4, codes={"regex": 4}),
            sums("env_3", accepted=8, codes={"depth": 8}, endpoint_id="ep_2"),
            sums("env_4", accepted=16, codes={"regex": 16}, endpoint_id="ep_9", organisation_id="org_2"),
        ]
    )
    for narrowed, accepted, codes in (
        ({}, 15, {"regex": 7, "depth": 8}),
        ({"endpoint_id": "ep_1"}, 7, {"regex": 7}),
        ({"environment_id": "env_1"}, 3, {"regex": 3}),
        ({"environment_id": "env_1", "revision_id": "rev_2"}, 2, {"regex": 2}),
        ({"endpoint_id": "ep_1", "revision_id": "rev_1"}, 5, {"regex": 5}),
        ({"endpoint_id": "ep_9"}, None, {}),
        ({"environment_id": "env_4"}, None, {}),
        ({"endpoint_id": "ep_2", "environment_id": "env_1"}, None, {}),
    ):
        scope = UsageScope("org_1", **narrowed)
        found = counts(usage.series(scope, Slice.DAY, *ALWAYS))
        assert [count for _, count in found] == ([] if accepted is None else [accepted]), narrowed
        assert usage.codes(scope, Slice.DAY, *ALWAYS) == codes, narrowed


def test_organisations_are_those_for_which_anything_was_counted(usage):
    assert usage.organisations() == []
    usage.add([sums("env_2", organisation_id="org_2"), sums("env_1"), sums("env_3")])
    usage.add_delivered("data/a.gz", [UsageSums("env_9", "rev_1", NOON, delivered=1)])
    assert usage.organisations() == ["org_1", "org_2"]


def test_an_object_counts_once_however_often_it_is_delivered(usage):
    usage.add([sums(accepted=3)])
    for _ in range(3):
        usage.add_delivered("data/a.gz", [UsageSums("env_1", "rev_1", NOON, delivered=2)])
    usage.add_delivered("data/b.gz", [UsageSums("env_1", "rev_1", NOON, delivered=1)])
    for stored in STORED:
        (point,) = usage.series(ORGANISATION, stored, *ALWAYS)
        assert (point.counts["accepted"], point.counts["delivered"]) == (3, 3)


def test_what_was_delivered_before_its_environment_was_known_is_found_once_it_is(usage):
    usage.add_delivered("data/a.gz", [UsageSums("env_1", "rev_1", NOON, delivered=2)])
    assert usage.series(ORGANISATION, Slice.DAY, *ALWAYS) == []
    usage.add([sums(accepted=2)])
    (point,) = usage.series(ORGANISATION, Slice.DAY, *ALWAYS)
    assert (point.counts["accepted"], point.counts["delivered"]) == (2, 2)


_ROWS = st.lists(
    st.builds(
        sums,
        environment_id=st.sampled_from(["env_1", "env_2", "env_3"]),
        revision_id=st.sampled_from(["rev_1", "rev_2"]),
        minute=st.integers(0, 60 * 24 * 400).map(lambda minutes: NOON + 60 * minutes),
        requests=st.integers(0, 2**40),
        accepted=st.integers(0, 2**40),
        codes=st.dictionaries(st.sampled_from(["regex", "depth"]), st.integers(1, 2**40)),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_ROWS, split=st.integers(0, 30))
def test_every_slice_sums_up_to_the_same(tmp_path_factory, rows, split):
    database = Database(tmp_path_factory.mktemp("usage") / "state.db")
    try:
        sqlite, memory = SqliteUsage(database), MemoryUsage()
        for usage in (sqlite, memory):
            usage.add(rows[:split])
            usage.add(rows[split:])
        for stored in STORED:
            points = sqlite.series(ORGANISATION, stored, *ALWAYS)
            assert points == memory.series(ORGANISATION, stored, *ALWAYS)
            for name in ("requests", "accepted"):
                assert sum(point.counts[name] for point in points) == sum(getattr(row, name) for row in rows)
            assert sqlite.codes(ORGANISATION, stored, *ALWAYS) == memory.codes(ORGANISATION, stored, *ALWAYS)
    finally:
        database.close()


def test_sums_drawn_at_random_are_the_same_on_dynamodb(tmp_path):
    random = Random(11)
    rows = [
        sums(
            f"env_{random.randrange(3)}",
            f"rev_{random.randrange(2)}",
            NOON + 60 * random.randrange(60 * 24 * 400),
            requests=random.getrandbits(40),
            codes={random.choice(["regex", "depth"]): random.getrandbits(40)},
        )
        for _ in range(12)
    ]
    memory = MemoryUsage()
    with ADAPTERS["dynamodb"](tmp_path) as dynamo:
        for usage in (dynamo, memory):
            usage.add(rows[:7])
            usage.add(rows[7:])
        for stored in STORED:
            for scope in (ORGANISATION, UsageScope("org_1", environment_id="env_1", revision_id="rev_1")):
                assert dynamo.series(scope, stored, *ALWAYS) == memory.series(scope, stored, *ALWAYS)
                assert dynamo.codes(scope, stored, *ALWAYS) == memory.codes(scope, stored, *ALWAYS)


def test_each_slice_is_kept_for_its_own_time_and_purging_takes_nothing_from_the_others(tmp_path):
    database = Database(tmp_path / "state.db")
    usage = SqliteUsage(database)
    ages = {stored: KEPT_SECONDS[stored] // DAY for stored in STORED}
    assert list(ages.values()) == [35, 397, 1_827]
    for days in (0, 34, 36, 100, 396, 500, 1_826, 2_000):
        usage.add([sums(minute=NOON - days * DAY, accepted=1, codes={"regex": 1})])
    before = {stored: usage.series(ORGANISATION, stored, *ALWAYS) for stored in STORED}
    assert usage.purge(NOON) > 0
    for stored, points in before.items():
        kept = usage.series(ORGANISATION, stored, *ALWAYS)
        # A month longer, so that a month which is asked for is whole.
        assert kept == [point for point in points if (NOON - point.at) / DAY <= ages[stored] + 31]
        assert usage.codes(ORGANISATION, stored, *ALWAYS) == {"regex": len(kept)}
    assert usage.purge(NOON) == 0
    database.close()


def test_what_an_object_held_is_remembered_while_it_could_come_again(tmp_path):
    database = Database(tmp_path / "state.db")
    usage = SqliteUsage(database)
    usage.add([sums(accepted=1)])
    for now in (NOON, NOON + 35 * DAY):
        usage.add_delivered("data/a.gz", [UsageSums("env_1", "rev_1", NOON, delivered=1)])
        usage.purge(now)
    assert usage.totals("env_1").delivered == 1
    usage.purge(NOON + 67 * DAY)
    assert database.read("SELECT count(*) FROM usage_objects") == [(0,)]
    database.close()


ENVIRONMENT = UsageScope("org_1", environment_id="env_1")


def named(usage, scope=ENVIRONMENT, start=0, end=2**40):
    counts = usage.names(scope, start, end)
    return counts.names, counts.other


def test_protocols_add_up_by_outcome_in_every_slice_and_scope(usage):
    usage.add([sums(accepted=5, protocols={"segment": {"accepted": 2, "rejected": 1}, "ga4": {"quarantined": 4}})])
    usage.add([sums(minute=NOON + HOUR, revision_id="rev_2", protocols={"segment": {"accepted": 3}})])
    both = {"segment": {"accepted": 5, "rejected": 1}, "ga4": {"quarantined": 4}}
    for stored in STORED:
        for scope in (ORGANISATION, UsageScope("org_1", "ep_1"), ENVIRONMENT):
            assert usage.protocols(scope, stored, *ALWAYS) == both
        only = usage.protocols(ENVIRONMENT._replace(revision_id="rev_2"), stored, *ALWAYS)
        assert only == {"segment": {"accepted": 3}}
    assert usage.protocols(ORGANISATION, Slice.HOUR, NOON, NOON + HOUR)["segment"]["accepted"] == 2
    assert usage.protocols(UsageScope("org_2"), Slice.HOUR, *ALWAYS) == {}
    assert usage.protocols(UsageScope("org_1", "ep_2", "env_1"), Slice.HOUR, *ALWAYS) == {}
    assert usage.codes(ORGANISATION, Slice.HOUR, *ALWAYS) == {}


def test_names_add_up_by_outcome_over_whole_hours(usage):
    usage.add([sums(names={"view": {"accepted": 2, "rejected": 1}, "a.b": {"accepted": 1}})])
    usage.add([sums(minute=NOON + 60, revision_id="rev_2", names={"view": {"accepted": 3, "quarantined": 1}})])
    usage.add([sums(minute=NOON + HOUR, names={"view": {"accepted": 10}})])
    assert named(usage, end=NOON + HOUR) == (
        {"view": {"accepted": 5, "rejected": 1, "quarantined": 1}, "a.b": {"accepted": 1}},
        {},
    )
    assert named(usage, start=NOON + HOUR) == ({"view": {"accepted": 10}}, {})
    assert named(usage)[0]["view"]["accepted"] == 15


def test_names_of_an_environment_are_read_in_its_own_organisation_and_endpoint_alone(usage):
    usage.add([sums(accepted=1, names={"view": {"accepted": 1}})])
    assert named(usage, UsageScope("org_2", environment_id="env_1")) == ({}, {})
    assert named(usage, UsageScope("org_1", environment_id="env_2")) == ({}, {})
    assert named(usage, UsageScope("org_1", "ep_2", "env_1")) == ({}, {})
    assert named(usage, UsageScope("org_1", "ep_1", "env_1"))[0] == {"view": {"accepted": 1}}


def test_a_name_may_be_any_text(usage):
    names = {name: {"accepted": 1} for name in ("other", ".", "accepted.x", "日本", "\x00", "x" * 128, " ")}
    usage.add([sums(names=names)])
    assert named(usage) == (names, {})


def test_other_names_are_counted_by_outcome(usage):
    usage.add([sums(names={"view": {"accepted": 1}}, other_names={"accepted": 4, "rejected": 1})])
    usage.add([sums(other_names={"accepted": 1})])
    assert named(usage) == ({"view": {"accepted": 1}}, {"accepted": 5, "rejected": 1})


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_of_more_names_than_there_is_room_for_the_rest_is_other(adapter, tmp_path):
    with ADAPTERS[adapter](tmp_path) as usage:
        for number in range(0, 2 * MAX_EVENT_NAMES, 50):
            usage.add([sums(names={str(name): {"accepted": 1} for name in range(number, number + 50)})])
        names, other = named(usage)
        assert len(names) == MAX_EVENT_NAMES
        assert sum(count["accepted"] for count in names.values()) == MAX_EVENT_NAMES
        assert other == {"accepted": MAX_EVENT_NAMES}


def test_on_dynamodb_writers_that_do_not_know_of_each_other_keep_the_bound(tmp_path):
    with ADAPTERS["dynamodb"](tmp_path) as usage:
        for number in range(0, 2 * MAX_EVENT_NAMES, 50):
            usage.begin_again()
            usage.add([sums(names={str(name): {"accepted": 1} for name in range(number, number + 50)})])
        names, other = named(usage)
        assert (len(names), other) == (MAX_EVENT_NAMES, {"accepted": MAX_EVENT_NAMES})
