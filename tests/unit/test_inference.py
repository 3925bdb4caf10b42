import json
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.language.fields import check_fields
from domain.language.inference import MAX_LISTED_KEYS, MAX_LISTED_SAMPLES, infer_fields
from domain.language.inference.counts import MAX_PLACES
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from schemas.limits import MAX_DEPTH, MAX_FIELDS, MAX_WHEN_FIELDS
from schemas.places import path_of


def inferred(*samples, **options):
    return infer_fields(list(samples), **options)


def one(*values, key="a"):
    """Return the field of a key that has these values, and the row of its guess."""
    found = inferred(*({key: value} for value in values))
    (field,), (row,) = found.fields, found.report["guesses"]
    return field, row


def type_of(*values, key="a"):
    (field,) = inferred(*({key: value} for value in values)).fields
    return field["type"]


def left_out(*samples):
    """Return the rows of what is left out, of samples that have a further key."""
    return inferred(*({"kept": 1, **sample} for sample in samples)).report["left_out"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["x", ""], "STRING"),
        (["2024-02-29 12:00:00", "2021-01-02T03:04:05.6"], "DATETIME"),
        (["2024-02-29 12:00:00", "2023-02-29 12:00:00"], "STRING"),
        (["2024-02-29 12:00:00\n"], "STRING"),
        (["2024-02-29T12:00:00Z", "2024-02-29T12:00:00.123+01:00"], "TIMESTAMP"),
        (["2024-02-29T12:00:00Z", "2024-02-29 12:00:00"], "STRING"),
        (["2024-02-29T12:00:00Z", "2024-02-29T12:00:60Z"], "STRING"),
        (["2024-02-29T12:00:00Z\n"], "STRING"),
        (["2024-02-29"], "DATE"),
        (["2024-02-29", "2023-02-29"], "STRING"),
        ([1, -(2**63), 2**63 - 1], "INT"),
        ([1, 2**63], "FLOAT"),
        ([1, 2, 2.5], "FLOAT"),
        ([1.0, 2.0], "FLOAT"),
        ([True, False], "BOOLEAN"),
        ([["x"], []], "ARRAY_STRING"),
        ([[1], [2, 3]], "ARRAY_INT"),
        ([[1], [2, 3.5]], "ARRAY_FLOAT"),
        ([[True], [False, True]], "ARRAY_BOOLEAN"),
        ([["2024-02-29"]], "ARRAY_DATE"),
        ([["2024-02-29 12:00:00"]], "ARRAY_DATETIME"),
        ([["2024-02-29T12:00:00Z"]], "ARRAY_TIMESTAMP"),
    ],
)
def test_a_type_is_what_all_values_fit(values, expected):
    assert type_of(*values) == expected


TIME_KEYS = ["at", "created_at", "ts", "event_time", "timestamp", "updated", "sentAt", "createdAt", "originalTimestamp"]


@pytest.mark.parametrize("key", TIME_KEYS)
@pytest.mark.parametrize(
    ("factor", "unit"), [(1, None), (1_000, "unix_milliseconds"), (1_000_000, "unix_microseconds")]
)
def test_whole_numbers_are_a_timestamp_where_the_key_says_time(key, factor, unit):
    field, row = one(1_764_057_600 * factor, 1_764_057_604 * factor, key=key)
    assert (field["type"], field.get("format"), row.get("format")) == ("TIMESTAMP", unit, unit)
    assert type_of(1_764_057_600 * factor, 250, key=key) == "INT"


@pytest.mark.parametrize("key", ["attempts", "seen_at_least", "price", "timezone"])
def test_they_are_numbers_where_it_does_not(key):
    assert type_of(1_764_057_600, key=key) == "INT"
    assert type_of(1_764_057_600_000, key=key) == "INT"


@pytest.mark.parametrize("text", ["2026-11-28T19:26:21.123Z", "2026-11-28T19:26:21+01:00"])
def test_texts_with_an_offset_are_rfc_3339_whatever_the_key(text):
    field, row = one(text, key="a")
    assert (field["type"], field["format"]) == ("TIMESTAMP", "rfc3339")
    assert row["why"].endswith("Every one is a time with a time zone.")


def test_what_nearly_fits_a_better_type_is_said():
    assert "in quotes" in one("12", "-1.5")[1]["why"]
    assert one("2024-02-29 12:00:00", "soon")[1]["why"].endswith("1 of them would be DATETIMEs, the others not.")
    assert one("2024-02-29T12:00:00Z", "soon")[1]["why"].endswith("1 of them would be TIMESTAMPs, the others not.")
    assert one("2024-02-29", "soon")[1]["why"].endswith("1 of them would be DATEs, the others not.")
    assert one(1, 2.5)[1]["why"] == "All 2 values are numbers. 1 of them is whole."


def test_a_key_that_is_none_of_a_field_is_read_by_from():
    found = inferred({"messageId": "x", "Coupon Code": "y", "$set": {"日本": 1}, "/slash": 1, "message_id": 1})
    assert [(row["key"], row.get("from")) for row in found.fields] == [
        ("message_id_2", "messageId"),
        ("coupon_code", "Coupon Code"),
        ("set", "$set"),
        ("slash", "/~1slash"),
        ("message_id", None),
    ]
    assert found.fields[2]["fields"] == [{"key": "key", "from": "日本", "type": "INT", "presence": "required"}]
    rows = {row["path"]: row.get("from") for row in found.report["guesses"]}
    assert rows["set.key"] == "日本"


def test_a_revision_from_samples_keeps_what_no_field_names():
    assert inferred({"a": 1}).additional_keys == "keep"


def test_presence_goes_by_the_share_and_the_counts_are_shown():
    found = inferred({"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": 3})
    assert [(row["key"], row["presence"]) for row in found.fields] == [("a", "required"), ("b", "optional")]
    counts = ("path", "objects", "values", "nulls", "missing", "kinds")
    assert [[row[name] for name in counts] for row in found.report["guesses"]] == [
        ["a", 3, 3, 0, 0, {"integer": 3}],
        ["b", 3, 1, 1, 1, {"string": 1, "null": 1}],
    ]


def test_objects_and_arrays_of_them_are_followed():
    found = inferred(
        {"cart": {"items": [{"sku": "a", "price": 1}, {"sku": "b"}], "total": {"sum": 2}}},
        {"cart": {"items": [], "total": {"sum": 3}}},
    )
    assert found.fields == [
        {
            "key": "cart",
            "type": "OBJECT",
            "presence": "required",
            "fields": [
                {
                    "key": "items",
                    "type": "ARRAY_OBJECT",
                    "presence": "required",
                    "fields": [
                        {"key": "sku", "type": "STRING", "presence": "required"},
                        {"key": "price", "type": "INT", "presence": "optional"},
                    ],
                },
                {
                    "key": "total",
                    "type": "OBJECT",
                    "presence": "required",
                    "fields": [{"key": "sum", "type": "INT", "presence": "required"}],
                },
            ],
        }
    ]
    guesses = {row["path"]: row for row in found.report["guesses"]}
    assert list(guesses) == ["cart", "cart.items", "cart.items.sku", "cart.items.price", "cart.total", "cart.total.sum"]
    assert (guesses["cart.items.price"]["objects"], guesses["cart.items.price"]["missing"]) == (2, 1)
    assert guesses["cart.items"]["element_kinds"] == {"object": 2}
    assert found.report["left_out"] == []


@pytest.mark.parametrize(("lowest", "expected"), [({"b": 1}, "JSON"), ([{"b": 1}], "ARRAY_JSON")])
def test_what_would_stand_deeper_than_fields_do_is_json(lowest, expected):
    sample = lowest
    for _ in range(MAX_DEPTH):
        sample = {"a": sample}
    fields = inferred(sample).fields
    for _ in range(MAX_DEPTH - 1):
        fields = fields[0]["fields"]
    assert (fields[0]["type"], fields[0]["rules"]) == (expected, [{"rule": "kinds", "value": ["object"]}])


IDS = [
    "4711",
    "2026-11-28",
    "ann@example.com",
    "5f0c1f9e-88a1-4a52-b6c1-0123456789ab",
    "9f86d081884c7d65",
    "cus_9s6XKzkNRiz8i3",
    "user_4711",
]


@pytest.mark.parametrize("key", IDS)
def test_an_object_whose_keys_look_like_ids_is_json(key):
    field, row = one({key: 1})
    assert (field["type"], field["rules"]) == ("JSON", [{"rule": "kinds", "value": ["object"]}])
    assert row["why"].endswith("Most of their keys look like ids.")
    assert type_of([{key: 1}]) == "ARRAY_JSON"


@pytest.mark.parametrize("key", ["line_1", "addr2", "decade", "camelCase", "utm_campaign1", "facade", "a-b"])
def test_names_are_not_taken_for_ids(key):
    assert type_of({key: 1}) == "OBJECT"


def test_an_object_with_over_100_keys_most_of_which_most_objects_lack_is_json():
    names = [f"k{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(101)]
    assert type_of(dict.fromkeys(names, 1)) == "JSON"
    assert type_of(*({name: 1} for name in names)) == "JSON"
    assert type_of(*[dict.fromkeys(names, 1)] * 2) == "OBJECT"
    assert type_of(dict.fromkeys(names[:100], 1)) == "OBJECT"


def test_an_object_whose_keys_mostly_occur_once_is_json():
    names = [f"k{chr(97 + n)}" for n in range(20)]
    field, row = one(*({"always": 1, name: 1} for name in names))
    assert field["type"] == "JSON"
    assert row["why"].endswith("20 of their 21 different keys occur only once.")


def test_at_the_root_keys_that_are_ids_have_no_field():
    found = inferred({"name": "x", "4711": 1, "4712": 2})
    assert [row["key"] for row in found.fields] == ["name"]
    assert [row["path"] for row in found.report["left_out"]] == ["4711", "4712"]


@pytest.mark.parametrize(
    ("values", "expected", "kinds"),
    [
        (["x", 1], "JSON", ["string", "integer"]),
        ([True, 1.5, 1], "JSON", ["boolean", "number"]),
        ([{"a": 1}, "x", None], "JSON", ["object", "string"]),
        ([{"a": 1}, []], "JSON", ["object", "array"]),
        ([["x", 1], [{}]], "ARRAY_JSON", ["string", "integer", "object"]),
        ([[[1]], [["x"]]], "ARRAY_JSON", ["array"]),
        ([[None], ["x"]], "JSON", ["array"]),
    ],
)
def test_values_of_several_kinds_are_json_with_these_kinds(values, expected, kinds):
    field, row = one(*values)
    assert (field["type"], field["rules"]) == (expected, [{"rule": "kinds", "value": kinds}])
    assert row["why"]


CLOSED = ["view", "purchase", "refund"] * 10


@pytest.mark.parametrize("values", [CLOSED, ["Add to cart", "log-in"] * 15, [*CLOSED, None]])
def test_a_list_that_is_clearly_closed_becomes_a_rule(values):
    field, row = one(*values)
    assert field["rules"] == [{"rule": "one_of", "value": list(dict.fromkeys(v for v in values if v))}]
    assert "always one of" in row["why"]


@pytest.mark.parametrize(
    ("values", "key"),
    [
        (CLOSED[:29], "a"),  # too few to tell
        ([*CLOSED, "share"], "a"),  # one that is rare: there may be others
        ([f"value {chr(97 + index)}" for index in range(13)] * 10, "a"),  # too many
        (["EUR"] * 100, "a"),  # only one
        (["a1", "b2"] * 50, "a"),  # not words
        (["ann", "bob"] * 50, "user_id"),  # names of things
        (["ann", "bob"] * 50, "name"),
        (["x" * 65, "y"] * 50, "a"),
        ([1, 2] * 50, "a"),
    ],
)
def test_a_list_that_may_be_open_does_not(values, key):
    assert "rules" not in one(*values, key=key)[0]


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ("x" * 32_001, "STRING"),
        (1e400, None),
        ({"b": [1e400]}, None),
        ("2026-02-30 10:00:00", "STRING"),
        (2**64, "FLOAT"),
        ({"b": 2**64}, "JSON"),
        ([], "JSON"),
        (None, "INT"),
    ],
)
def test_a_value_that_no_event_may_have_leaves_its_key_out_or_makes_it_wider(odd, kept):
    usual = "2026-02-28 10:00:00" if isinstance(odd, str) else 1
    found = inferred({"a": usual, "z": 1}, {"a": odd, "z": 1})
    assert {row["key"]: row["type"] for row in found.fields}.get("a") == kept
    assert (found.report["accepted"], found.report["refused"]) == (2, [])


def test_if_asked_a_type_that_nearly_all_values_have_counts_and_the_others_are_rejected():
    found = infer_fields([*({"a": "x"} for _ in range(19)), {"a": 5}], fit="most")
    assert found.fields[0]["type"] == "STRING"
    assert found.report["guesses"][0]["confidence"] == "low"
    assert found.report["guesses"][0]["why"] == "19 of 20 values are strings; 1 is not, and rejected."
    assert (found.report["accepted"], found.report["refused_count"]) == (19, 1)
    (row,) = found.report["refused"]
    assert (row["index"], [error["pointer"] for error in row["errors"]]) == (19, ["/a"])


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        ({"": 1}, "1 to 256 characters"),
        ({"a" * 257: 1}, "1 to 256 characters"),
        ({"a\tb": 1}, "control characters"),
        ({"\ud800": 1}, "half of a surrogate pair"),
        ({"a": None}, "null in every sample"),
        ({"a": []}, "empty in every sample"),
        ({"a": {}}, "its objects are empty"),
        ({"a": [{}]}, "its objects are empty"),
        ({"a": {"": 1}}, "none of its keys"),
    ],
)
def test_what_no_field_can_hold_is_listed_with_its_place_and_the_reason(sample, reason):
    row = left_out(sample)[-1]
    (key,) = sample
    shown = key if len(key) < 200 else key[:200] + "…"
    assert (row["path"], row["pointer"], row["seen"]) == (shown, f"/samples/0/{shown}", 1)
    assert reason in row["reason"]


def test_the_place_is_a_pointer_with_escapes():
    (row,) = left_out({}, {"a/~\n": 1}, {"a/~\n": 2})
    assert (row["pointer"], row["seen"]) == ("/samples/1/a~1~0\n", 2)


def test_samples_that_suggest_nothing_say_why():
    with pytest.raises(Rejected) as caught:
        inferred({"price": None}, {})
    assert [(row["pointer"], row["code"]) for row in caught.value.errors] == [
        ("/samples", "nothing_inferred"),
        ("/samples/0/price", "left_out"),
    ]


def test_more_keys_than_a_revision_holds_are_listed():
    found = inferred({f"k{index}": index for index in range(MAX_FIELDS + 2)})
    assert len(found.fields) == MAX_FIELDS
    assert [row["path"] for row in found.report["left_out"]] == ["k2000", "k2001"]


def test_keys_without_end_are_not_counted_without_end():
    found = inferred({"kept": 1, "a": {f"K{index}": 1 for index in range(2 * MAX_PLACES)}})
    assert [row["type"] for row in found.fields] == ["INT", "JSON"]
    assert found.report["guesses"][1]["why"].endswith("They have more than 1,000 different keys.")
    found = inferred({f"K{index}": 1 for index in range(2 * MAX_PLACES)})
    assert found.report["left_out_count"] > MAX_LISTED_KEYS == len(found.report["left_out"])


def test_lists_of_what_is_refused_end_somewhere_and_the_count_does_not():
    usual = [dict.fromkeys([f"k{n}" for n in range(12)], 1)] * 9 * (MAX_LISTED_SAMPLES + 1)
    samples = [*usual, *[dict.fromkeys(usual[0], "x")] * (MAX_LISTED_SAMPLES + 1)]
    found = infer_fields(samples, fit="most")
    assert found.report["refused_count"] == MAX_LISTED_SAMPLES + 1
    assert len(found.report["refused"]) == MAX_LISTED_SAMPLES
    assert (len(found.report["refused"][0]["errors"]), found.report["refused"][0]["more"]) == (10, True)


@pytest.mark.parametrize(("count", "confidence"), [(9, "low"), (10, "medium"), (99, "medium"), (100, "high")])
def test_confidence_goes_by_how_much_was_seen(count, confidence):
    assert one(*range(count))[1]["confidence"] == confidence


def events_of_a_shop(count=4):
    """Return events of several kinds as Segment has them."""
    for number in range(count):
        shared = {"messageId": f"m{number}", "context": {"library": {"name": "js"}, "ip": "::1"}}
        yield {**shared, "type": "page", "properties": {"url": "/", "title": "Start"}}
        yield {**shared, "type": "identify", "traits": {"email": "a@b.c"}, "userId": f"u{number}"}
        yield {**shared, "type": "track", "event": "Order Completed", "properties": {"orderId": "o1", "total": number}}
        yield {**shared, "type": "track", "event": "Product Viewed", "properties": {"sku": "s", "price": 1.5}}
        yield {
            **shared,
            "type": "track",
            "event": "Searched",
            "properties": {"query": ["a"][: number % 2], "total": "x"},
        }


def shape(field):
    return {name: field[name] for name in ("key", "from", "type", "presence", "when") if name in field}


def test_keys_of_some_kinds_become_fields_with_when():
    found = inferred(*events_of_a_shop(), kinds_by=["/type", "/event"])
    assert (found.report["accepted"], found.report["refused"], found.report["left_out"]) == (20, [], [])
    assert found.event_name == ["/event", "/type"]
    assert [shape(field) for field in found.fields] == [
        {"key": "message_id", "from": "messageId", "type": "STRING", "presence": "required"},
        {"key": "context", "type": "OBJECT", "presence": "required"},
        {"key": "type", "type": "STRING", "presence": "required"},
        {"key": "traits", "type": "OBJECT", "presence": "required", "when": {"/type": ["identify"]}},
        {"key": "user_id", "from": "userId", "type": "STRING", "presence": "required", "when": {"/type": ["identify"]}},
        {"key": "event", "type": "STRING", "presence": "optional"},
        {
            "key": "page",
            "from": "properties",
            "type": "OBJECT",
            "presence": "required",
            "when": {"/type": ["page"]},
        },
        {
            "key": "order_completed",
            "from": "properties",
            "type": "OBJECT",
            "presence": "required",
            "when": {"/type": ["track"], "/event": ["Order Completed"]},
        },
        {
            "key": "product_viewed",
            "from": "properties",
            "type": "OBJECT",
            "presence": "required",
            "when": {"/type": ["track"], "/event": ["Product Viewed"]},
        },
        {
            "key": "searched",
            "from": "properties",
            "type": "OBJECT",
            "presence": "required",
            "when": {"/type": ["track"], "/event": ["Searched"]},
        },
    ]
    assert [(row["key"], row["type"]) for row in found.fields[-1]["fields"]] == [
        ("query", "ARRAY_STRING"),
        ("total", "STRING"),
    ]
    row = next(row for row in found.report["guesses"] if row["path"] == "order_completed")
    assert (row["objects"], row["values"], row["when"]) == (4, 4, found.fields[7]["when"])


def test_a_kind_that_says_less_than_another_holds_for_both():
    page = {"type": "page", "properties": {"url": "/"}}
    named = {"type": "page", "event": "Start", "properties": {"title": "x"}}
    other = {"type": "track", "event": "Start", "properties": {"sku": "s"}}
    found = inferred(*[page, named, other] * 5, kinds_by=["/type", "/event"])
    assert [(field["key"], field["presence"], field["when"]) for field in found.fields[1:] if "when" in field] == [
        ("page", "required", {"/type": ["page"]}),
        ("start", "required", {"/type": ["track"], "/event": ["Start"]}),
    ]
    assert found.report["accepted"] == 15


def test_kinds_are_told_by_values_as_when_matches_them():
    samples = [
        {"v": 1, "a": {"x": 1}},
        {"v": 1.0, "a": {"x": 1}},
        {"v": True, "a": {"y": 1}},
        {"v": 1.5, "a": {"z": 1}},
    ]
    found = inferred(*samples * 3, kinds_by=["/v"])
    assert [field["when"] for field in found.fields if "when" in field] == [{"/v": [1]}, {"/v": [True]}]
    assert found.report["accepted"] == 12
    (row,) = found.report["left_out"]
    assert row["path"] == "a"
    assert "3 samples are of none of the kinds" in row["reason"]


def test_where_kinds_have_two_objects_of_their_own_these_are_told_apart():
    samples = [{"t": "A", "p": {"x": 1}, "q": {"y": 1}}, {"t": "B", "p": {"z": 1}, "q": {"w": 1}}]
    found = inferred(*samples, kinds_by=["/t"])
    assert [field["key"] for field in found.fields] == ["t", "a", "b", "a_q", "b_q"]


def test_no_more_kinds_have_fields_than_a_revision_holds():
    samples = [{"t": f"kind{n}", "p": {f"x{n}": 1}} for n in range(MAX_WHEN_FIELDS + 1)]
    found = inferred(*samples, kinds_by=["/t"])
    assert len(found.fields) == 1 + MAX_WHEN_FIELDS
    assert "1 sample is of none of the kinds" in found.report["left_out"][0]["reason"]
    assert found.report["accepted"] == len(samples)


@pytest.mark.parametrize(
    ("pointers", "at"),
    [
        (["type"], "/kinds_by/0"),
        (["/type", ""], "/kinds_by/1"),
        (["/a" * 9], "/kinds_by/0"),
        (["/" + "x" * 257], "/kinds_by/0"),
        (["/a", "/b", "/c", "/d"], "/kinds_by"),
    ],
)
def test_pointers_that_when_can_not_name_are_refused(pointers, at):
    with pytest.raises(Rejected) as caught:
        inferred({"type": "x"}, kinds_by=pointers)
    assert [row["pointer"] for row in caught.value.errors] == [at]


def test_keys_that_explain_which_others_are_there_are_proposed():
    proposed = inferred(*events_of_a_shop()).report["proposed_kinds_by"]
    assert proposed == {"pointers": ["/event"], "explains": 1.0} or proposed["pointers"] == ["/type", "/event"]


@pytest.mark.parametrize(
    "samples",
    [
        [{"type": "page", "a": 1, "b": 2, "c": 3}] * 20,  # one kind
        [{"type": f"t{n}", f"k{n}": 1} for n in range(20)],  # as many as events
        [{"type": "xy"[n % 2], f"k{n % 3}": 1} for n in range(30)],  # that say nothing
        list(events_of_a_shop(1)),  # too few
    ],
)
def test_keys_that_do_not_are_not(samples):
    assert "proposed_kinds_by" not in inferred(*samples).report


_keys = st.sampled_from(
    ["a", "b", "at", "c_id", "Bad", "bad", "_event_id", "x" * 129, "d/e", "/f", "\n", "4711", "日本"]
)
_strings = st.sampled_from(
    ["", "x", "view", "2024-02-29 12:00:00", "2024-02-29T12:00:00Z", "2024-02-29", "12", "é\n", "y" * 32_001]
)
_numbers = st.sampled_from(
    [0, 1, -5, 1.0, 0.5, 1_764_057_600, 1_764_057_600_000, 2**63, 2**64, 10**400, -(2**63), 1e308, 9007199254740993]
)
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), _strings, _numbers),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_keys, below, max_size=3),
    max_leaves=10,
)
_events = st.dictionaries(_keys, _values, max_size=5)
_kinds = st.sampled_from([[], ["/a"], ["/a", "/b"], ["/a/b", "/at"], ["/Bad", "/d~1e", "/a"]])


def keys_of(value, path="") -> Iterator[str]:
    """Yield the path of every key of an event, whatever the index in an array."""
    if isinstance(value, dict):
        for key, member in value.items():
            here = f"{path}.{key}" if path else key
            yield here
            yield from keys_of(member, here)
    elif isinstance(value, list):
        for element in value:
            yield from keys_of(element, path)


def sent_paths(fields, path="") -> Iterator[str]:
    """Yield the paths that fields read; JSON ends there."""
    for field in fields:
        (key,) = path_of(field)
        here = f"{path}.{key}" if path else key
        yield here
        yield from sent_paths(field.get("fields", []), here)


@given(st.lists(_events, min_size=1, max_size=30), st.sampled_from(["all", "most"]), _kinds)
@settings(deadline=None, max_examples=300)
def test_every_sample_is_accepted_or_listed_and_every_key_mapped_or_listed(samples, fit, kinds_by):
    try:
        found = infer_fields(samples, fit=fit, kinds_by=kinds_by)
    except Rejected:
        assume(False)  # that it says why is a test of its own
    check_fields(found.fields)
    revision = CompiledRevision(
        {"revision_id": "rev_1", "edition": 2, "additional_keys": found.additional_keys, "fields": found.fields}
    )
    refused = {
        index
        for index, sample in enumerate(samples)
        if isinstance(revision.judge_event(json.dumps(sample).encode()), Refusal)
    }
    assert refused == {row["index"] for row in found.report["refused"]}
    assert found.report["accepted"] == len(samples) - len(refused)
    assert fit == "most" or not refused
    told = {*sent_paths(found.fields), *(row["path"] for row in found.report["left_out"])}
    for path in {path for sample in samples for path in keys_of(sample)}:
        parts = path.split(".")
        assert any(".".join(parts[:length]) in told for length in range(1, len(parts) + 1))


@given(st.lists(_events, min_size=1, max_size=10), _kinds)
@settings(deadline=None, max_examples=50)
def test_the_same_samples_give_the_same_answer(samples, kinds_by):
    try:
        assert infer_fields(samples, kinds_by=kinds_by) == infer_fields(samples, kinds_by=kinds_by)
    except Rejected:
        return
