"""Usage in the API: sums by slice, without gaps, of the caller's organisation and no other."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.metering.ports import UsageSums
from domain.metering.slices import Slice
from domain.records.caller import Role
from schemas.limits import MAX_USAGE_GROUPS, MAX_USAGE_GROUPS_POINTS, MAX_USAGE_POINTS
from tests.management_api import START_NS

NOW = START_NS // 1_000_000_000
assert datetime.fromtimestamp(NOW, UTC) == datetime(2026, 11, 23, 8, tzinfo=UTC)
METRICS = [
    "requests",
    "bytes",
    "accepted",
    "rejected",
    "quarantined",
    "redriven",
    "limited",
    "delivered",
    "repeats",
    "set_aside",
    "in_flight",
]
HOUR, DAY = 3_600, 86_400


class Counted:
    """An endpoint with an environment that took something at a time."""

    def __init__(self, api, name="Shop"):
        self.api = api
        self.endpoint = api.endpoint(name)
        self.environment = api.environment(self.endpoint)

    def add(self, at, *, environment=None, revision_id=None, organisation_id=None, **counts):
        environment = environment or self.environment
        self.api.usage.add(
            [
                UsageSums(
                    environment["id"],
                    revision_id or environment["revision_id"],
                    at - at % 60,
                    endpoint_id=environment["endpoint_id"],
                    organisation_id=organisation_id or self.api.organisation_id,
                    **counts,
                )
            ]
        )


@pytest.fixture
def shop(api):
    return Counted(api)


def usage(api, query="", **more):
    answer = api.call("GET", f"/v1/usage?{query}", **more)
    assert answer.status == 200, answer.text
    return answer.json


def test_the_last_24_hours_by_hour_are_shown_without_gaps(api, shop):
    shop.add(NOW - 23 * HOUR, requests=2, accepted=3, bytes_accepted=900, bytes_received=5_000)
    shop.add(NOW - 60, requests=1, accepted=1, bytes_accepted=300)
    shop.add(NOW, requests=1, quarantined=4, rejected=2, limited=7, delivered=1)
    shop.add(NOW - 25 * HOUR, requests=100)
    shown = usage(api)
    assert (shown["from"], shown["to"]) == ("2026-11-22T08:00:00.000Z", "2026-11-23T09:00:00.000Z")
    assert shown["slice"] == "hour"
    assert [row["at"] for row in shown["series"]] == [
        f"2026-11-{22 + hour // 24}T{hour % 24:02}:00:00.000Z" for hour in range(8, 33)
    ]
    zeros = dict.fromkeys(METRICS, 0)
    filled = {row["at"]: row for row in shown["series"] if {**row, **zeros} != row}
    assert filled == {
        "2026-11-22T09:00:00.000Z": {
            "at": "2026-11-22T09:00:00.000Z",
            **zeros,
            "requests": 2,
            "accepted": 3,
            "bytes": 900,
            "in_flight": 3,
        },
        "2026-11-23T07:00:00.000Z": {
            "at": "2026-11-23T07:00:00.000Z",
            **zeros,
            "requests": 1,
            "accepted": 1,
            "bytes": 300,
            "in_flight": 1,
        },
        "2026-11-23T08:00:00.000Z": {
            "at": "2026-11-23T08:00:00.000Z",
            **zeros,
            "requests": 1,
            "rejected": 6,
            "quarantined": 4,
            "limited": 7,
            "delivered": 1,
            "in_flight": -1,
        },
    }
    assert shown["totals"] == {
        "requests": 4,
        "bytes": 1_200,
        "accepted": 4,
        "rejected": 6,
        "quarantined": 4,
        "redriven": 0,
        "limited": 7,
        "delivered": 1,
        "repeats": 0,
        "set_aside": 0,
        "in_flight": 3,
    }


def test_an_organisation_without_usage_has_zeros(api):
    shown = usage(api)
    assert len(shown["series"]) == 25
    assert shown["totals"] == dict.fromkeys(METRICS, 0)


@pytest.mark.parametrize(
    ("query", "start", "end", "slice_", "points"),
    [
        ("slice=minute", "2026-11-23T07:00", "2026-11-23T08:01", "minute", 61),
        ("slice=day", "2026-10-24T00:00", "2026-11-24T00:00", "day", 31),
        ("slice=month", "2025-11-01T00:00", "2026-12-01T00:00", "month", 13),
        ("from=2026-11-20T10:30:00Z", "2026-11-20T10:00", "2026-11-23T09:00", "hour", 71),
        ("from=2026-10-20T10:30:00Z", "2026-10-20T00:00", "2026-11-24T00:00", "day", 35),
        ("from=2025-10-01T00:00:00Z", "2025-10-01T00:00", "2026-12-01T00:00", "month", 14),
        ("from=2025-10-01T00:00:00Z&to=2025-10-02T00:00:00Z", "2025-10-01T00:00", "2025-10-02T00:00", "day", 1),
        ("to=2026-11-01T00:00:00Z", "2026-10-31T00:00", "2026-11-01T00:00", "hour", 24),
        ("from=2026-11-23T06:59:00.5%2B00:30&slice=minute", "2026-11-23T06:29", "2026-11-23T08:01", "minute", 92),
        ("from=2026-11-23T07:00:00Z&to=2026-11-23T07:00:01Z", "2026-11-23T07:00", "2026-11-23T08:00", "hour", 1),
        ("from=2026-11-23T07:00:00Z&to=2099-01-01T00:00:00Z", "2026-11-23T07:00", "2026-11-23T09:00", "hour", 2),
        (
            "from=2024-02-10T00:00:00Z&to=2024-03-01T00:00:00Z&slice=day",
            "2024-02-10T00:00",
            "2024-03-01T00:00",
            "day",
            20,
        ),
        ("from=2022-01-01T00:00:00Z&slice=month", "2022-01-01T00:00", "2026-12-01T00:00", "month", 59),
    ],
)
def test_a_range_is_made_of_whole_slices(api, query, start, end, slice_, points):
    shown = usage(api, query)
    assert (shown["from"], shown["to"]) == (f"{start}:00.000Z", f"{end}:00.000Z")
    assert (shown["slice"], len(shown["series"])) == (slice_, points)


def test_what_is_neither_delivered_nor_dropped_as_a_copy_nor_set_aside_is_in_flight(api, shop):
    shop.add(NOW, accepted=10, delivered=4, repeats=2, set_aside=1, redriven=2)
    shown = usage(api, "metrics=in_flight,repeats,set_aside,redriven&slice=minute")
    assert shown["totals"] == {"in_flight": 3, "repeats": 2, "set_aside": 1, "redriven": 2}


def test_what_turns_out_to_be_a_copy_later_moves_from_delivered_to_repeats(api, shop):
    shop.add(NOW, accepted=10, delivered=10)
    shop.add(NOW, delivered=-1, repeats=1)
    shown = usage(api, "metrics=delivered,in_flight,repeats&slice=minute")
    assert shown["totals"] == {"delivered": 9, "repeats": 1, "in_flight": 0}


def test_what_is_counted_as_delivered_first_is_below_zero_until_its_acceptance_is_counted(api, shop):
    shop.add(NOW, accepted=4)
    shop.add(NOW - HOUR, delivered=10)
    query = "metrics=accepted,delivered,in_flight&slice=hour"
    early = usage(api, query)
    assert [row["in_flight"] for row in early["series"][-2:]] == [-10, 4]
    assert early["totals"] == {"accepted": 4, "delivered": 10, "in_flight": -6}
    shop.add(NOW - HOUR, accepted=10)
    assert usage(api, query)["totals"] == {"accepted": 14, "delivered": 10, "in_flight": 4}


def test_months_are_those_of_the_calendar(api, shop):
    for month, accepted in (((2026, 9, 30), 1), ((2026, 10, 1), 2), ((2026, 10, 31), 4), ((2026, 11, 1), 8)):
        shop.add(int(datetime(*month, 12, tzinfo=UTC).timestamp()), accepted=accepted)
    shown = usage(api, "slice=month&from=2026-09-15T00:00:00Z&metrics=accepted")
    assert shown["series"] == [
        {"at": "2026-09-01T00:00:00.000Z", "accepted": 1},
        {"at": "2026-10-01T00:00:00.000Z", "accepted": 6},
        {"at": "2026-11-01T00:00:00.000Z", "accepted": 8},
    ]


def test_only_the_metrics_that_were_asked_for_are_shown(api, shop):
    shop.add(NOW, requests=2, delivered=5)
    shown = usage(api, "metrics=delivered,requests,delivered&slice=day&from=2026-11-23T00:00:00Z")
    assert shown["series"] == [{"at": "2026-11-23T00:00:00.000Z", "delivered": 5, "requests": 2}]
    assert shown["totals"] == {"delivered": 5, "requests": 2}


def test_counts_are_64_bit_integers(api, shop):
    shop.add(NOW, bytes_accepted=2**62, accepted=2**53 + 1)
    shop.add(NOW, bytes_accepted=2**62 - 1)
    totals = usage(api)["totals"]
    assert (totals["bytes"], totals["accepted"]) == (2**63 - 1, 2**53 + 1)


def test_filters_narrow_and_fit_together(api, shop):
    other = Counted(api, "Blog")
    second = api.environment(shop.endpoint, "Staging", revision_id=shop.environment["revision_id"])
    shop.add(NOW, accepted=1, codes={"regex": 1})
    shop.add(NOW, revision_id="rev_gone", accepted=2, codes={"regex": 2})
    shop.add(NOW, environment=second, accepted=4, codes={"regex": 4})
    other.add(NOW, accepted=8, codes={"depth": 8})
    endpoint, environment = shop.endpoint["id"], shop.environment["id"]
    revision = shop.environment["revision_id"]
    for query, accepted, codes in (
        ("", 15, [{"code": "depth", "count": 8}, {"code": "regex", "count": 7}]),
        (f"endpoint={endpoint}", 7, [{"code": "regex", "count": 7}]),
        (f"environment={environment}", 3, [{"code": "regex", "count": 3}]),
        (f"revision={revision}", 5, [{"code": "regex", "count": 5}]),
        (f"endpoint={endpoint}&environment={environment}&revision={revision}", 1, [{"code": "regex", "count": 1}]),
    ):
        assert usage(api, query)["totals"]["accepted"] == accepted, query
        shown = api.call("GET", f"/v1/usage/codes?{query}").json
        assert shown["codes"] == codes
    foreign = f"endpoint={other.endpoint['id']}&environment={environment}"
    for path in ("usage", "usage/codes"):
        assert api.call("GET", f"/v1/{path}?{foreign}").code == "not_found"


def test_another_organisation_sees_nothing_of_it(api, shop):
    shop.add(NOW, accepted=1, codes={"regex": 1})
    api.add_member(Role.OWNER, token="iet_other", organisation="org_other")
    assert usage(api, token="iet_other")["totals"]["accepted"] == 0
    assert api.call("GET", "/v1/usage/codes", token="iet_other").json["codes"] == []
    for name, id_ in (
        ("endpoint", shop.endpoint["id"]),
        ("environment", shop.environment["id"]),
        ("revision", shop.environment["revision_id"]),
        ("environment", "env_00000000000000000000000000"),
    ):
        for path in ("usage", "usage/codes"):
            assert api.call("GET", f"/v1/{path}?{name}={id_}", token="iet_other").status == 404


def test_what_a_deleted_environment_took_still_counts_though_its_id_is_not_found(api, shop):
    shop.add(NOW, accepted=1)
    environment_id = shop.environment["id"]
    assert api.call("DELETE", f"/v1/environments/{environment_id}?confirm=Live").status == 204
    assert api.call("GET", f"/v1/usage?environment={environment_id}").code == "not_found"
    assert usage(api, f"endpoint={shop.endpoint['id']}")["totals"]["accepted"] == 1
    assert usage(api)["totals"]["accepted"] == 1
    assert api.call("DELETE", f"/v1/endpoints/{shop.endpoint['id']}?confirm=Shop").status == 204
    assert usage(api, "slice=month")["totals"]["accepted"] == 1


def test_a_viewer_may_read_usage_and_nobody_without_a_token(api):
    api.add_member(Role.VIEWER, token="iet_viewer", organisation=api.organisation_id)
    for path in ("usage", "usage/codes"):
        assert api.call("GET", f"/v1/{path}", token="iet_viewer").status == 200
        assert api.call("GET", f"/v1/{path}", token=None).status == 401


@pytest.mark.parametrize(
    ("query", "pointer", "code", "words"),
    [
        ("slice=week", "/slice", "one_of", "'minute', 'hour', 'day' or 'month'"),
        ("metrics=requests,clicks", "/metrics", "one_of", "quarantined"),
        ("metrics=", "/metrics", "one_of", "requests"),
        ("from=yesterday", "/from", "time", "RFC 3339"),
        ("to=2026-11-23", "/to", "time", "RFC 3339"),
        ("from=2026-11-23T08:00:00Z&to=2026-11-23T08:00:00Z", "/from", "order", "before `to`"),
        ("from=2027-11-23T08:00:00Z&to=2028-11-23T08:00:00Z", "/from", "order", "future"),
        ("environment=Live!", "/environment", "pattern", "id"),
        ("slice=minute&from=2026-11-20T00:00:00Z", "/slice", "too_many_points", "slice=hour"),
        ("slice=hour&from=2026-01-01T00:00:00Z", "/slice", "too_many_points", "slice=day"),
        ("slice=day&from=2022-01-01T00:00:00Z", "/slice", "too_many_points", "slice=month"),
        ("slice=minute&from=2026-10-01T00:00:00Z&to=2026-10-01T01:00:00Z", "/slice", "not_kept", "slice=hour"),
        ("slice=minute&from=2025-10-01T00:00:00Z&to=2025-10-01T01:00:00Z", "/slice", "not_kept", "slice=day"),
        ("slice=hour&from=2025-10-01T00:00:00Z&to=2025-10-02T00:00:00Z", "/slice", "not_kept", "slice=day"),
        ("slice=month&from=2021-01-01T00:00:00Z", "/from", "not_kept", "1827 days"),
        ("from=0001-01-01T00:00:00Z", "/from", "not_kept", "1827 days"),
    ],
)
def test_what_can_not_be_asked_is_refused_with_what_can(api, query, pointer, code, words):
    answer = api.call("GET", f"/v1/usage?{query}")
    assert answer.status == 422
    (error,) = answer.json["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert words in error["message"]


def test_the_most_slices_that_fit_are_shown(api):
    start = datetime.fromtimestamp(NOW - (MAX_USAGE_POINTS - 1) * 60, UTC)
    assert len(usage(api, f"slice=minute&from={start:%Y-%m-%dT%H:%M:%SZ}")["series"]) == MAX_USAGE_POINTS


def test_codes_come_by_count_of_the_last_24_hours(api, shop):
    shop.add(NOW - HOUR, codes={"regex": 3, "required": 5})
    shop.add(NOW, codes={"regex": 2, "depth": 1})
    shop.add(NOW - 25 * HOUR, codes={"regex": 100})
    assert api.call("GET", "/v1/usage/codes").json == {
        "from": "2026-11-22T08:00:00.000Z",
        "to": "2026-11-23T08:01:00.000Z",
        "codes": [
            {"code": "regex", "count": 5},
            {"code": "required", "count": 5},
            {"code": "depth", "count": 1},
        ],
    }


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("from=2026-11-23T07:10:20Z&to=2026-11-23T07:20:20Z", "2026-11-23T07:10", "2026-11-23T07:21"),
        ("from=2026-11-20T07:10:20Z", "2026-11-20T07:00", "2026-11-23T09:00"),
        ("from=2026-01-20T07:10:20Z", "2026-01-20T00:00", "2026-11-24T00:00"),
        ("from=2026-10-01T07:10:20Z&to=2026-10-01T07:20:20Z", "2026-10-01T07:00", "2026-10-01T08:00"),
    ],
)
def test_codes_are_of_slices_as_short_as_are_kept_and_sensible(api, query, start, end):
    shown = api.call("GET", f"/v1/usage/codes?{query}").json
    assert (shown["from"], shown["to"]) == (f"{start}:00.000Z", f"{end}:00.000Z")


_COUNTS = st.fixed_dictionaries({name: st.integers(0, 2**40) for name in ("requests", "accepted", "quarantined")})


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.integers(0, 20 * 60), _COUNTS), max_size=20))
def test_series_sum_up_to_the_totals_whatever_the_slice(api, shop, rows):
    api.usage.rows.clear()
    for minutes, counts in rows:
        shop.add(NOW - minutes * 60, **counts)
    seen = []
    for slice_ in Slice:
        shown = usage(api, f"slice={slice_}&from=2026-11-22T12:00:00Z")
        sums = {metric: sum(row[metric] for row in shown["series"]) for metric in METRICS}
        assert sums == shown["totals"]
        seen.append(shown["totals"])
    assert all(totals == seen[0] for totals in seen)
    assert seen[0]["rejected"] == seen[0]["quarantined"] == sum(counts["quarantined"] for _, counts in rows)


def test_events_are_shown_by_name_and_what_is_left_has_none(api, shop):
    names = {"buy": {"accepted": 2, "quarantined": 1}, "view": {"accepted": 4, "rejected": 1}}
    shop.add(NOW, accepted=10, quarantined=1, rejected=2, names=names, other_names={"accepted": 1})

    shown = usage(api, f"by=event_name&environment={shop.environment['id']}")

    assert shown["names"] == [
        {"name": "view", "accepted": 4, "rejected": 1, "quarantined": 0},
        {"name": "buy", "accepted": 2, "rejected": 1, "quarantined": 1},
        {"name": None, "accepted": 3, "rejected": 1, "quarantined": 0},
    ]
    assert shown["other"] == {"accepted": 1, "rejected": 0, "quarantined": 0}
    assert shown["totals"]["accepted"] == 10


def test_events_are_shown_by_protocol_and_what_is_left_came_in_none(api, shop):
    protocols = {"posthog": {"accepted": 2}, "segment": {"accepted": 4, "rejected": 1, "quarantined": 2}}
    shop.add(NOW, accepted=10, quarantined=2, rejected=3, protocols=protocols)
    shop.add(NOW - 25 * HOUR, accepted=7, protocols={"ga4": {"accepted": 7}})
    expected = [
        {"protocol": "segment", "accepted": 4, "rejected": 3, "quarantined": 2},
        {"protocol": "posthog", "accepted": 2, "rejected": 0, "quarantined": 0},
        {"protocol": None, "accepted": 4, "rejected": 2, "quarantined": 0},
    ]
    for scope in ("", f"&endpoint={shop.endpoint['id']}", f"&environment={shop.environment['id']}"):
        shown = usage(api, f"by=protocol{scope}")
        assert shown["protocols"] == expected
        for outcome in ("accepted", "rejected", "quarantined"):
            assert shown["totals"][outcome] == sum(row[outcome] for row in expected)
    assert usage(api, "by=protocol&slice=day&from=2026-11-22T00:00:00Z")["protocols"][0]["protocol"] == "ga4"


def test_where_every_event_came_in_a_protocol_none_is_native(api, shop):
    shop.add(NOW, accepted=2, protocols={"segment": {"accepted": 2}})
    assert [row["protocol"] for row in usage(api, "by=protocol")["protocols"]] == ["segment"]
    assert usage(api, "by=protocol&from=2026-11-20T00:00:00Z&to=2026-11-20T01:00:00Z")["protocols"] == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("", "/environment"),
        ("environment={environment}&revision={revision}", "/revision"),
        ("environment={environment}&slice=day&from=2026-10-01T00:00:00Z", "/from"),
    ],
)
def test_usage_by_name_is_that_of_one_environment_over_two_weeks_at_most(api, shop, query, pointer):
    asked = query.format(environment=shop.environment["id"], revision=shop.environment["revision_id"])
    answer = api.call("GET", f"/v1/usage?by=event_name&{asked}")
    assert (answer.status, answer.pointers) == (422, [pointer])


def test_usage_by_endpoint_is_that_of_each(api, shop):
    other = Counted(api, "Other")
    shop.add(NOW, requests=2, accepted=3)
    other.add(NOW - HOUR, requests=5)
    shown = usage(api, "by=endpoint&metrics=requests,accepted")
    assert [(group["id"], group["totals"]) for group in shown["groups"]] == [
        (shop.endpoint["id"], {"requests": 2, "accepted": 3}),
        (other.endpoint["id"], {"requests": 5, "accepted": 0}),
    ]
    assert shown["totals"]["requests"] == 7
    for group, sums in zip(shown["groups"], (shop, other), strict=True):
        alone = usage(api, f"endpoint={sums.endpoint['id']}&metrics=requests,accepted")
        assert group == {"id": sums.endpoint["id"], "series": alone["series"], "totals": alone["totals"]}
    (group,) = usage(api, f"by=endpoint&ids={other.endpoint['id']}")["groups"]
    assert group["totals"]["requests"] == 5


def test_usage_by_environment_is_that_of_an_endpoints_or_of_those_named(api, shop):
    staging = api.environment(shop.endpoint, name="Staging")
    other = Counted(api, "Other")
    shop.add(NOW, requests=2)
    shop.add(NOW, environment=staging, requests=3)
    other.add(NOW, requests=5)

    def requests(query):
        return {group["id"]: group["totals"]["requests"] for group in usage(api, f"by=environment&{query}")["groups"]}

    own = {shop.environment["id"]: 2, staging["id"]: 3}
    assert requests(f"endpoint={shop.endpoint['id']}") == own
    assert requests(f"ids={staging['id']},{other.environment['id']}") == {
        staging["id"]: 3,
        other.environment["id"]: 5,
    }


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ("by=environment", 422, "/endpoint"),
        ("ids=ep_1", 422, "/ids"),
        ("by=event_name&ids=ep_1", 422, "/ids"),
        ("by=protocol&ids=ep_1", 422, "/ids"),
        ("by=endpoint&ids=ep_00000000000000000000", 404, None),
        ("by=endpoint&ids=", 404, None),
        (f"by=endpoint&ids={','.join(['ep_1'] * (MAX_USAGE_GROUPS + 1))}", 422, "/ids"),
        ("by=endpoint&endpoint={endpoint}", 422, "/by"),
        ("by=environment&environment={environment}", 422, "/by"),
        ("by=environment&ids={environment}&endpoint={other}", 404, None),
        ("by=kind", 422, "/by"),
    ],
)
def test_what_usage_by_endpoint_or_environment_can_not_be_is_refused(api, shop, query, status, pointer):
    other = api.endpoint("Other")["id"]
    filled = query.format(endpoint=shop.endpoint["id"], environment=shop.environment["id"], other=other)
    answer = api.call("GET", f"/v1/usage?{filled}")
    assert answer.status == status, answer.text
    assert pointer is None or answer.pointers == [pointer]


def test_no_more_endpoints_or_slices_are_shown_apart_than_an_answer_holds(api):
    endpoints = [api.endpoint(f"Shop {number}")["id"] for number in range(MAX_USAGE_GROUPS)]
    minutes = MAX_USAGE_GROUPS_POINTS // MAX_USAGE_GROUPS
    start = (datetime.fromtimestamp(NOW, UTC) - timedelta(minutes=minutes - 1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = usage(api, f"by=endpoint&slice=minute&from={start}&metrics=requests")
    assert [group["id"] for group in shown["groups"]] == endpoints
    earlier = (datetime.fromtimestamp(NOW, UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert api.call("GET", f"/v1/usage?by=endpoint&slice=minute&from={earlier}").pointers == ["/slice"]
    api.endpoint("One more")
    assert api.call("GET", "/v1/usage?by=endpoint").pointers == ["/ids"]


def test_usage_by_environment_of_another_organisation_is_not_found(api, shop):
    api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    for query in (f"by=endpoint&ids={shop.endpoint['id']}", f"by=environment&ids={shop.environment['id']}"):
        assert api.call("GET", f"/v1/usage?{query}", token="iet_stranger").code == "not_found"
    assert usage(api, "by=endpoint", token="iet_stranger")["groups"] == []
