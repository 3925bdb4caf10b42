import json
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.intake.faults import Refusal
from domain.intake.revision import CompiledRevision
from domain.language.fields import check_fields
from domain.language.inference import MAX_LISTED_KEYS, MAX_LISTED_SAMPLES, infer_fields
from domain.language.inference.counts import MAX_PLACES
from schemas.limits import MAX_FIELDS


def inferred(*samples):
    return infer_fields(list(samples))


def one(*values, key="a"):
    """Return the field of a key that has these values, and the row of its guess."""
    found = inferred(*({key: value} for value in values))
    (field,), (row,) = found.fields, found.report["guesses"]
    return field, row


def type_of(*values, key="a"):
    return one(*values, key=key)[0]["type"]


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
        (["2024-02-29T12:00:00Z", "2024-02-29T12:00:00+01:00"], "STRING"),
        ([1, -(2**63), 2**63 - 1], "INT"),
        ([1, 2**63], "FLOAT"),
        ([1, 2, 2.5], "FLOAT"),
        ([1.0, 2.0], "FLOAT"),
        ([True, False], "BOOLEAN"),
        ([["x"], []], "ARRAY_STRING"),
        ([[1], [2, 3]], "ARRAY_INT"),
        ([[1], [2, 3.5]], "ARRAY_FLOAT"),
    ],
)
def test_a_type_is_what_all_values_fit(values, expected):
    assert type_of(*values) == expected


@pytest.mark.parametrize("key", ["at", "created_at", "ts", "event_time", "timestamp", "updated"])
def test_seconds_are_a_timestamp_where_the_key_says_time(key):
    assert type_of(1_764_057_600, 1_764_057_604, key=key) == "TIMESTAMP"
    assert type_of(1_764_057_600, 250, key=key) == "INT"
    field, row = one(1_764_057_600_000, key=key)
    assert (field["type"], "milliseconds" in row["why"]) == ("INT", True)


@pytest.mark.parametrize("key", ["attempts", "seen_at_least", "price", "timezone"])
def test_seconds_are_a_number_where_it_does_not(key):
    assert type_of(1_764_057_600, key=key) == "INT"


def test_what_nearly_fits_a_better_type_is_said():
    assert "time zone" in one("2024-02-29T12:00:00Z")[1]["why"]
    assert "in quotes" in one("12", "-1.5")[1]["why"]
    assert one("2024-02-29 12:00:00", "soon")[1]["why"].endswith("1 of them would be DATETIMEs, the others not.")
    assert one(1, 2.5)[1]["why"] == "All 2 values are numbers. 1 of them is whole."


def test_presence_goes_by_the_share_and_the_counts_are_shown():
    found = inferred({"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": 3})
    assert [(row["key"], row["presence"]) for row in found.fields] == [("a", "required"), ("b", "optional")]
    counts = ("path", "objects", "values", "nulls", "missing", "kinds")
    assert [[row[name] for name in counts] for row in found.report["guesses"]] == [
        ["a", 3, 3, 0, 0, {"integer": 3}],
        ["b", 3, 1, 1, 1, {"string": 1, "null": 1}],
    ]


def test_objects_and_arrays_of_them_are_followed_to_the_third_level():
    found = inferred(
        {"cart": {"items": [{"sku": "a", "price": 1}, {"sku": "b"}], "total": {"net": {"eur": 1}, "sum": 2}}},
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
    (row,) = found.report["left_out"]
    assert (row["path"], row["pointer"]) == ("cart.total.net", "/samples/0/cart/total/net")
    assert "3 levels" in row["reason"]


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


def test_a_key_whose_values_are_of_two_types_is_left_out_so_that_all_samples_are_accepted():
    found = inferred(*({"a": "x", "b": 1} for _ in range(19)), {"a": 5, "b": 1.5})
    assert [(row["key"], row["type"]) for row in found.fields] == [("b", "FLOAT")]
    assert [(row["path"], row["seen"]) for row in found.report["left_out"]] == [("a", 20)]
    assert "19 strings, 1 whole numbers" in found.report["left_out"][0]["reason"]
    assert (found.report["accepted"], found.report["refused"]) == (20, [])


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ("x" * 32_001, None),
        (1e400, None),
        ("2026-02-30 10:00:00", "STRING"),
        (2**64, "FLOAT"),
        ([], None),
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
        ({"Price": 1}, "lower-case"),
        ({"": 1}, "lower-case"),
        ({"1st": 1}, "lower-case"),
        ({"a" * 129: 1}, "128"),
        ({"_event_id": "x"}, "reserved"),
        ({"_table_x": 1}, "reserved"),
        ({"a": None}, "null in every sample"),
        ({"a": []}, "empty in every sample"),
        ({"a": {}}, "its objects are empty"),
        ({"a": [{}]}, "its objects are empty"),
        ({"a": {"B": 1}}, "none of its keys"),
        ({"a": [True]}, "no arrays of booleans"),
        ({"a": [[1]]}, "no arrays of arrays"),
        ({"a": [None]}, "can't be null"),
        ({"a": ["x", 1]}, "1 strings, 1 whole numbers"),
    ],
)
def test_what_no_field_can_hold_is_listed_with_its_place_and_the_reason(sample, reason):
    row = left_out(sample)[-1]
    (key,) = sample
    assert (row["path"], row["pointer"], row["seen"]) == (key, f"/samples/0/{key}", 1)
    assert reason in row["reason"]


def test_a_mixture_is_left_out_with_its_counts():
    (row,) = left_out({}, {"a/~": 1}, {"a/~": 2})
    assert (row["pointer"], row["seen"]) == ("/samples/1/a~1~0", 2)
    (row,) = left_out({"a": 1}, {"a": "x"}, {"a": {}})
    assert "1 whole numbers, 1 strings, 1 objects" in row["reason"]


def test_samples_that_suggest_nothing_say_why():
    with pytest.raises(Rejected) as caught:
        inferred({"Price": 1}, {})
    assert [(row["pointer"], row["code"]) for row in caught.value.errors] == [
        ("/samples", "nothing_inferred"),
        ("/samples/0/Price", "left_out"),
    ]


def test_more_keys_than_a_revision_holds_are_listed():
    found = inferred({f"k{index}": index for index in range(MAX_FIELDS + 2)})
    assert len(found.fields) == MAX_FIELDS
    assert [row["path"] for row in found.report["left_out"]] == ["k750", "k751"]


def test_keys_without_end_are_not_counted_without_end():
    found = inferred({"kept": 1, "a": {f"K{index}": 1 for index in range(2 * MAX_PLACES)}})
    assert found.report["left_out_count"] > MAX_LISTED_KEYS == len(found.report["left_out"])
    row = found.report["left_out"][0]
    assert (row["path"], row["pointer"], row["seen"]) == ("a.*", f"/samples/0/a/K{MAX_PLACES - 2}", MAX_PLACES + 2)
    assert "5,000" in row["reason"]


def test_lists_of_what_is_refused_end_somewhere_and_the_count_does_not():
    huge = "x" * 32_001
    samples = [{"a": huge, **{f"k{n}": huge for n in range(12)}} for _ in range(MAX_LISTED_SAMPLES + 1)]
    found = infer_fields(samples, fit="most")
    assert found.report["refused_count"] == MAX_LISTED_SAMPLES + 1
    assert len(found.report["refused"]) == MAX_LISTED_SAMPLES
    assert (len(found.report["refused"][0]["errors"]), found.report["refused"][0]["more"]) == (10, True)


@pytest.mark.parametrize(("count", "confidence"), [(9, "low"), (10, "medium"), (99, "medium"), (100, "high")])
def test_confidence_goes_by_how_much_was_seen(count, confidence):
    assert one(*range(count))[1]["confidence"] == confidence


HUGE = "stands for a string that is too long"

_keys = st.sampled_from(["a", "b", "at", "c_id", "Bad", "_event_id", "x" * 129, "d/e"])
_strings = st.sampled_from(["", "x", "view", "2024-02-29 12:00:00", "2024-02-29T12:00:00Z", "12", "é\n", HUGE])
_numbers = st.sampled_from([0, 1, -5, 1.0, 0.5, 1_764_057_600, 2**63, 10**400, -(2**63), 1e308, 9007199254740993])
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), _strings, _numbers),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_keys, below, max_size=3),
    max_leaves=10,
)
_events = st.dictionaries(_keys, _values, max_size=5)


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


@given(st.lists(_events, min_size=1, max_size=30), st.sampled_from(["all", "most"]))
@settings(deadline=None, max_examples=300)
def test_every_sample_is_accepted_or_listed_and_every_key_mapped_or_listed(samples, fit):
    samples = json.loads(json.dumps(samples).replace(HUGE, "y" * 32_001))
    try:
        found = infer_fields(samples, fit=fit)
    except Rejected:
        assume(False)  # that it says why is a test of its own
    check_fields(found.fields)
    revision = CompiledRevision({"revision_id": "rev_1", "additional_keys": "drop", "fields": found.fields})
    refused = {
        index
        for index, sample in enumerate(samples)
        if isinstance(revision.judge_event(json.dumps(sample).encode()), Refusal)
    }
    assert refused == {row["index"] for row in found.report["refused"]}
    assert found.report["accepted"] == len(samples) - len(refused)
    assert fit == "most" or not refused
    told = {row["path"] for row in found.report["guesses"]} | {row["path"] for row in found.report["left_out"]}
    for path in {path for sample in samples for path in keys_of(sample)}:
        parts = path.split(".")
        assert any(".".join(parts[:length]) in told for length in range(1, len(parts) + 1))


@given(st.lists(_events, min_size=1, max_size=10))
@settings(deadline=None, max_examples=50)
def test_the_same_samples_give_the_same_answer(samples):
    try:
        assert infer_fields(samples) == infer_fields(samples)
    except Rejected:
        return
