"""The diff of two revisions: what it calls safe refuses nothing, and what it calls a refusal has a witness."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.language.diff import Tree, diff_trees
from domain.language.fields import check_fields, fields_to_json
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from tests.strategies import drawn, events_for, field_trees

PRICE = {"key": "price", "type": "FLOAT"}
NAME = {"key": "name", "type": "STRING", "presence": "optional"}


def saved(*fields, additional_keys="drop"):
    return Tree(additional_keys, fields_to_json(check_fields(list(fields))))


def compiled(tree):
    document = {"revision_id": "rev_1", "additional_keys": tree.additional_keys, "fields": tree.fields}
    document["edition"] = tree.edition
    return CompiledRevision(document)


def accepts(revision, event):
    text = event if isinstance(event, bytes) else json.dumps(event).encode()
    return not isinstance(revision.read_event(text), Refusal)


def only_row(before, after):
    found = diff_trees(before, after)
    (row,) = found["changes"]
    assert row["class"] == found["class"]
    return row


def columns(fields, parent=""):
    """Type, form, and whether it is always filled, of each column by its path."""
    found = {}
    for item in fields:
        if item.get("protect") == "redact":
            continue
        path = f"{parent}/{item['key']}"
        children = columns(item.get("fields", []), path)
        if item.get("fields") and not children:
            continue
        is_filled = item["presence"] in {"required", "default"} and "when" not in item
        is_filled = is_filled and item.get("protect") not in {"ip_prefix", "email_domain"}
        found[path] = (item["type"], item.get("format"), item.get("protect"), is_filled)
        found |= children
    return found


def all_columns(tree):
    return columns(tree.fields) | ({"/_extra": ("JSON",)} if tree.additional_keys == "keep" else {})


UUID_PARTS = ("0123abcd", "0123", "0123", "0123", "0123456789ab")
UUID = "-".join(f"[0-9a-f]{{{len(part)}}}" for part in UUID_PARTS)


def scalar(data_type="STRING", *rules, **more):
    written = [{"rule": name, "value": value} for name, value in rules]
    return {"key": "k", "type": data_type, **({"rules": written} if written else {}), **more}


def default(value, data_type="STRING", **more):
    return scalar(data_type, presence="default", default=value, **more)


def macro(name, data_type="STRING"):
    return scalar(data_type, presence="macro", macro=name)


def box(*children, presence="required", data_type="OBJECT", **more):
    return {"key": "k", "type": data_type, "presence": presence, "fields": list(children), **more}


OPTIONAL = scalar(presence="optional")
ONLY_DEFAULTS = {"key": "c", "type": "INT", "presence": "default", "default": 1}
A_REQUIRED_CHILD = {"key": "c", "type": "INT"}


@pytest.mark.parametrize(
    ("before", "after", "witness"),
    [
        (OPTIONAL, scalar(), {}),
        (default("x"), scalar(), {}),
        (macro("uuid"), scalar(), {}),
        (scalar(), scalar("INT"), {"k": "x"}),
        (scalar("INT"), scalar("ARRAY_INT"), {"k": 1}),
        (box(NAME), box(NAME, data_type="ARRAY_OBJECT"), {"k": {}}),
        (scalar(), scalar("STRING", ("regex", "[a-z]+")), {"k": "A"}),
        (scalar("STRING", ("regex", "[a-z]+")), scalar("STRING", ("regex", "[a-y]+")), {"k": "z"}),
        (scalar("STRING", ("one_of", ["a", "B"])), scalar("STRING", ("regex", "[a-z]+")), {"k": "B"}),
        (scalar(), scalar("STRING", ("min_length", 1)), {"k": ""}),
        (scalar("STRING", ("min_length", 1)), scalar("STRING", ("min_length", 2)), {"k": "x"}),
        (scalar(), scalar("STRING", ("max_length", 31_999)), {"k": "x" * 32_000}),
        (scalar("STRING", ("max_length", 3)), scalar("STRING", ("max_length", 2)), {"k": "xyz"}),
        (scalar("STRING", ("regex", UUID)), scalar("STRING", ("max_length", 35)), {"k": "-".join(UUID_PARTS)}),
        (scalar("STRING", ("regex", "a|b*")), scalar("STRING", ("max_length", 3)), {"k": "bbbb"}),
        (scalar("STRING", ("regex", "a|bc?|")), scalar("STRING", ("min_length", 1)), {"k": ""}),
        (scalar("INT"), scalar("INT", ("min_value", 0)), {"k": -1}),
        (scalar("INT"), scalar("INT", ("min_value", -(2**63) + 1)), {"k": -(2**63)}),
        (scalar("INT", ("max_value", 2)), scalar("INT", ("max_value", 1.5)), {"k": 2}),
        (scalar("FLOAT", ("max_value", 2)), scalar("FLOAT", ("max_value", 1.5)), {"k": 1.75}),
        (scalar("FLOAT"), scalar("FLOAT", ("max_value", 1e300)), {"k": 1.5e300}),
        (scalar("FLOAT"), scalar("FLOAT", ("min_value", -1e300)), {"k": -1.5e300}),
        (scalar(), scalar("STRING", ("one_of", ["a"])), {"k": "b"}),
        (scalar("STRING", ("one_of", ["a", "b"])), scalar("STRING", ("one_of", ["a", "c"])), {"k": "b"}),
        (
            scalar("INT", ("min_value", 1), ("max_value", 3)),
            scalar("INT", ("one_of", [1, 3])),
            {"k": 2},
        ),
        (scalar("ARRAY_STRING"), scalar("ARRAY_STRING", ("min_items", 1)), {"k": []}),
        (scalar("ARRAY_STRING"), scalar("ARRAY_STRING", ("max_items", 1)), {"k": ["", ""]}),
        (scalar("ARRAY_STRING"), scalar("ARRAY_STRING", ("max_length", 1)), {"k": ["xx"]}),
        (
            scalar("ARRAY_INT", ("max_items", 3)),
            scalar("ARRAY_INT", ("max_items", 2)),
            {"k": [1, 2, 3]},
        ),
        (box(NAME, presence="optional"), box(NAME), {}),
        (box(ONLY_DEFAULTS, presence="default"), box(ONLY_DEFAULTS), {}),
    ],
)
def test_a_change_that_refuses_what_was_accepted_is_breaking(before, after, witness):
    before, after = saved(before), saved(after)
    assert accepts(compiled(before), witness)
    assert not accepts(compiled(after), witness)
    row = only_row(before, after)
    assert (row["path"], row["change"], row["class"]) == ("k", "changed", "breaking")


REDACTED = scalar(presence="optional", protect="redact")


@pytest.mark.parametrize("item", [REDACTED, box(REDACTED, presence="optional")])
@pytest.mark.parametrize(
    ("additional_keys", "change_class", "why"),
    [
        ("drop", "safe", "Nothing of the field was stored."),
        ("keep", "breaking", "What was redacted would be kept under `_extra`."),
        ("reject", "breaking", "Events that send this key would now be refused."),
    ],
)
def test_what_has_no_column_takes_none_away(item, additional_keys, change_class, why):
    row = only_row(saved(NAME, item, additional_keys=additional_keys), saved(NAME, additional_keys=additional_keys))
    assert (row["path"], row["change"], row["class"], row["why"]) == ("k", "removed", change_class, why)


@pytest.mark.parametrize("protect", ["redact", "ip_prefix", "email_domain"])
def test_a_column_that_is_never_sure_to_be_filled_stays_as_it_is(protect):
    row = only_row(saved(scalar(protect=protect)), saved(scalar(presence="optional", protect=protect)))
    assert (row["class"], row["why"]) == ("safe", "Where an event leaves the key out, the server fills in nothing.")


def test_a_column_that_is_filled_in_some_events_or_in_all_says_which_it_becomes():
    always, sometimes = scalar(), scalar(when={"/t": ["x"]})
    emptied = "The column was always filled, and may be empty from now on."
    assert emptied in only_row(saved(always), saved(sometimes))["why"]
    filled = "The column could be empty, and is always filled from now on."
    assert filled in only_row(saved(sometimes), saved(always))["why"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (scalar(), OPTIONAL),
        (scalar(), macro("uuid")),
        (default("x"), OPTIONAL),
        (default("x"), macro("uuid")),
        (OPTIONAL, default("x")),
        (macro("uuid"), default("x")),
        (scalar("INT"), scalar("FLOAT")),
        (scalar("TIMESTAMP"), scalar("INT")),
        (scalar("ARRAY_INT"), scalar("ARRAY_INT", presence="optional")),
        (box(NAME), box(NAME, presence="optional")),
        (box(NAME, presence="optional"), box(NAME, presence="default")),
    ],
)
def test_a_change_of_the_column_alone_is_breaking(before, after):
    row = only_row(saved(before), saved(after))
    assert (row["class"], row["why"].startswith("The column")) == ("breaking", True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (scalar(), default("x")),
        (default("x"), default("y")),
        (OPTIONAL, macro("uuid")),
        (macro("uuid"), OPTIONAL),
        (macro("uuid"), macro("page_url")),
        (scalar("STRING", ("regex", "a")), scalar()),
        (scalar("STRING", ("regex", "a"), ("regex", "b*a")), scalar("STRING", ("regex", "a"))),
        (scalar("STRING", ("one_of", ["a"])), scalar("STRING", ("one_of", ["b", "a"]))),
        (scalar("STRING", ("one_of", ["a"])), scalar("STRING", ("regex", "[a-z]"), ("max_length", 1))),
        (
            scalar("STRING", ("one_of", ["a", "B"]), ("regex", "[a-z]")),
            scalar("STRING", ("one_of", ["a"])),
        ),
        (scalar(), scalar("STRING", ("min_length", 0), ("max_length", 32_000))),
        (scalar("STRING", ("min_length", 2)), scalar("STRING", ("min_length", 1))),
        (scalar("STRING", ("regex", UUID)), scalar("STRING", ("regex", UUID), ("max_length", 36), ("min_length", 36))),
        (scalar("STRING", ("regex", "a|bc?|d{2,5}e*?x?")), scalar("STRING", ("min_length", 1))),
        (scalar("STRING", ("regex", "(?i)stra\u00dfe{0,2}\\b")), scalar("STRING", ("max_length", 8))),
        (scalar("STRING", ("regex", ".*"), ("regex", "\\p{L}{1,9}")), scalar("STRING", ("max_length", 9))),
        (scalar("ARRAY_STRING", ("regex", "[0-9]{3}")), scalar("ARRAY_STRING", ("max_length", 3))),
        (scalar("STRING", ("max_length", 2)), scalar("STRING", ("max_length", 3))),
        (scalar("INT", ("min_value", 0.5)), scalar("INT", ("min_value", 1))),
        (scalar("FLOAT", ("max_value", 2**53 + 1)), scalar("FLOAT", ("max_value", 2**53))),
        (scalar("INT"), scalar("INT", ("min_value", -(2**63)), ("max_value", 2**63 - 1))),
        (scalar("INT"), scalar("INT", ("max_value", 1e300))),
        (scalar("INT", ("min_value", 1), ("max_value", 3)), scalar("INT", ("one_of", [0, 1, 2, 3]))),
        (scalar("FLOAT", ("max_value", 1)), scalar("FLOAT", ("max_value", 1.5))),
        (scalar("ARRAY_INT", ("max_items", 2)), scalar("ARRAY_INT", ("max_items", 3), ("min_items", 0))),
        (scalar("ARRAY_INT", ("min_items", 2)), scalar("ARRAY_INT", ("min_items", 1))),
        (box(NAME), box(NAME, presence="default")),
        (box(A_REQUIRED_CHILD), box(A_REQUIRED_CHILD, presence="default")),
        (box(A_REQUIRED_CHILD, presence="default"), box(A_REQUIRED_CHILD)),
    ],
)
def test_a_change_that_refuses_nothing_and_leaves_the_column_is_safe(before, after):
    assert only_row(saved(before), saved(after))["class"] == "safe"


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (scalar(description="a"), scalar(description="b"), {"description"}),
        (scalar(), scalar(description="b"), {"description"}),
        (
            scalar("STRING", ("one_of", ["a", "b"]), ("max_length", 5)),
            scalar("STRING", ("max_length", 5), ("one_of", ["b", "a"])),
            {"rules"},
        ),
        (box(PRICE, NAME), box(NAME, PRICE), {"order"}),
    ],
)
def test_what_touches_neither_events_nor_stored_values_is_cosmetic(before, after, fields):
    row = only_row(saved(before), saved(after))
    assert row["class"] == "cosmetic"
    assert row["before"].keys() | row["after"].keys() == fields


def test_equal_revisions_have_no_difference():
    assert diff_trees(saved(PRICE, NAME), saved(PRICE, NAME)) == {"class": "none", "changes": []}
    assert diff_trees(saved(), saved()) == {"class": "none", "changes": []}


def test_the_order_at_the_root_is_a_change_of_the_revision_itself():
    row = only_row(saved(PRICE, NAME), saved(NAME, PRICE))
    assert (row["path"], row["class"], row["after"]) == ("", "cosmetic", {"order": ["name", "price"]})


def test_a_key_that_comes_between_others_does_not_change_their_order():
    after = saved(PRICE, scalar(presence="optional"), NAME)
    assert [row["path"] for row in diff_trees(saved(PRICE, NAME), after)["changes"]] == ["k"]


def test_unknown_keys_that_are_refused_from_now_on_are_breaking_and_dropping_them_is_safe():
    dropping, rejecting = saved(NAME), saved(NAME, additional_keys="reject")
    assert accepts(compiled(dropping), {"x": 1})
    assert not accepts(compiled(rejecting), {"x": 1})
    row = only_row(dropping, rejecting)
    assert (row["path"], row["class"]) == ("", "breaking")
    assert (row["before"], row["after"]) == ({"additional_keys": "drop"}, {"additional_keys": "reject"})
    assert only_row(rejecting, dropping)["class"] == "safe"


@pytest.mark.parametrize(
    ("added", "witness"),
    [
        (OPTIONAL, {"k": 1}),
        (macro("uuid"), {"k": 1}),
        (default("x"), {"k": 1}),
        (box(NAME, presence="optional"), {"k": 1}),
        (scalar(), {}),
    ],
)
def test_a_key_that_was_dropped_and_is_judged_from_now_on_is_breaking(added, witness):
    before, after = saved(PRICE), saved(PRICE, added)
    event = {"price": 1, **witness}
    assert accepts(compiled(before), event)
    assert not accepts(compiled(after), event)
    row = only_row(before, after)
    assert (row["path"], row["change"], row["class"], row["before"]) == ("k", "added", "breaking", None)
    assert row["after"] == after.fields[1]
    assert "already send this key" in row["why"]


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        (OPTIONAL, "safe"),
        (macro("uuid"), "safe"),
        (default("x"), "safe"),
        (box(A_REQUIRED_CHILD, presence="optional"), "safe"),
        (box(ONLY_DEFAULTS, presence="default"), "safe"),
        (box(A_REQUIRED_CHILD, presence="default"), "breaking"),
        (scalar(), "breaking"),
        (box(NAME), "breaking"),
    ],
)
def test_where_unknown_keys_were_refused_an_added_key_is_breaking_only_if_events_must_have_it(added, expected):
    before, after = saved(PRICE, additional_keys="reject"), saved(PRICE, added, additional_keys="reject")
    assert only_row(before, after)["class"] == expected
    assert accepts(compiled(after), {"price": 1}) == (expected == "safe")


@pytest.mark.parametrize("additional_keys", ["drop", "reject"])
def test_a_removed_key_is_breaking_since_its_column_goes(additional_keys):
    before = saved(PRICE, NAME, additional_keys=additional_keys)
    after = saved(PRICE, additional_keys=additional_keys)
    row = only_row(before, after)
    assert (row["path"], row["change"], row["class"]) == ("name", "removed", "breaking")
    assert (row["before"], row["after"]) == (before.fields[1], None)
    refused = not accepts(compiled(after), {"price": 1, "name": "x"})
    assert ("refused" in row["why"]) == refused == (additional_keys == "reject")


TYPE = {"key": "type", "type": "STRING"}
ANYTHING = scalar("JSON", presence="optional")


def second(*fields, additional_keys="drop", event_name=()):
    return Tree(additional_keys, fields_to_json(check_fields(list(fields))), edition=2, event_name=event_name)


def for_types(*types, field=OPTIONAL):
    return field | {"when": {"/type": list(types)}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (scalar(), scalar(**{"from": "K"})),
        (scalar(**{"from": "K"}), scalar(**{"from": "/a/K"})),
        (scalar("TIMESTAMP"), scalar("TIMESTAMP", format="rfc3339")),
        (scalar("ARRAY_TIMESTAMP", format="unix_milliseconds"), scalar("ARRAY_TIMESTAMP", format="unix_microseconds")),
        (scalar(), scalar(protect="hash")),
        (scalar(protect="hash"), scalar(protect="redact")),
        (scalar(protect="last_4"), scalar()),
        (scalar(), scalar("STRING", ("max_bytes", 999_999))),
        (scalar("STRING", ("max_length", 3)), scalar("STRING", ("max_bytes", 11))),
        (scalar("STRING", ("max_bytes", 9)), scalar("STRING", ("max_length", 8))),
        (scalar(), scalar("STRING", ("max_length", 999_999))),
        (scalar(), scalar("STRING", ("format", "uuid"))),
        (scalar("STRING", ("format", "uri")), scalar("STRING", ("format", "email"))),
        (scalar("STRING", ("format", "uuid")), scalar("STRING", ("max_length", 35))),
        (scalar("INT"), scalar("INT", ("multiple_of", 2))),
        (scalar("INT", ("multiple_of", 2)), scalar("INT", ("multiple_of", 4))),
        (scalar("BOOLEAN"), scalar("BOOLEAN", ("one_of", [True]))),
        (scalar("FLOAT", ("one_of", [1, 2])), scalar("FLOAT", ("one_of", [1]))),
        (scalar("DATE"), scalar("DATE", ("one_of", ["2026-01-02"]))),
        (scalar("ARRAY_INT"), scalar("ARRAY_INT", ("unique_items", True))),
        (scalar("JSON"), scalar("JSON", ("kinds", ["object", "array", "string", "number"]))),
        (scalar("JSON", ("kinds", ["number"])), scalar("JSON", ("kinds", ["integer"]))),
        (scalar("JSON"), scalar("JSON", ("min_properties", 1))),
        (scalar("JSON", ("max_properties", 3)), scalar("JSON", ("max_properties", 2))),
        (for_types("a"), for_types("a", "b")),
        (for_types("a"), OPTIONAL),
        (for_types("a", field=ANYTHING | {"presence": "required"}), ANYTHING | {"presence": "required"}),
        (scalar(), for_types("a", field=scalar())),
        (for_types("a", field=scalar()), for_types("a", field=OPTIONAL | {"type": "INT"})),
    ],
)
def test_a_change_in_what_the_second_edition_adds_is_breaking(before, after):
    assert only_row(second(TYPE, before), second(TYPE, after))["class"] == "breaking"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (scalar("STRING", ("max_bytes", 9)), scalar("STRING", ("max_length", 9))),
        (scalar("STRING", ("max_length", 3)), scalar("STRING", ("max_bytes", 12))),
        (scalar(), scalar("STRING", ("max_bytes", 1_000_000))),
        (scalar("STRING", ("max_bytes", 9)), scalar("STRING", ("max_bytes", 10))),
        (scalar("STRING", ("format", "uuid")), scalar("STRING", ("min_length", 36))),
        (scalar("STRING", ("format", "uuid")), scalar("STRING", ("format", "uuid"), ("max_length", 36))),
        (scalar("STRING", ("one_of", ["DE"])), scalar("STRING", ("format", "country_code"))),
        (scalar("STRING", ("format", "uuid")), scalar()),
        (scalar("INT", ("multiple_of", 4)), scalar("INT", ("multiple_of", 2))),
        (scalar("INT"), scalar("INT", ("multiple_of", 1))),
        (scalar("BOOLEAN"), scalar("BOOLEAN", ("one_of", [True, False]))),
        (scalar("FLOAT", ("one_of", [1])), scalar("FLOAT", ("one_of", [1, 2]))),
        (scalar("ARRAY_INT", ("max_items", 1)), scalar("ARRAY_INT", ("max_items", 1), ("unique_items", True))),
        (scalar("JSON"), scalar("JSON", ("kinds", ["object", "array", "string", "number", "boolean"]))),
        (scalar("JSON", ("kinds", ["integer"])), scalar("JSON", ("kinds", ["number"]))),
        (scalar("JSON", ("kinds", ["string"])), scalar("JSON", ("kinds", ["string"]), ("min_properties", 1))),
        (scalar("JSON", ("max_properties", 2)), scalar("JSON", ("max_properties", 3))),
        (for_types("a", "b"), for_types("a")),
        (OPTIONAL, for_types("a")),
        (for_types("a", field=ANYTHING), ANYTHING),
        (for_types("a"), for_types("a", field=scalar()) | {"presence": "default", "default": "x"}),
    ],
)
def test_a_change_in_what_the_second_edition_adds_is_safe_where_it_only_loosens(before, after):
    assert only_row(second(TYPE, before), second(TYPE, after))["class"] == "safe"


def test_a_when_in_another_order_is_cosmetic():
    one = OPTIONAL | {"when": {"/type": ["a", "b"], "/n": [1]}}
    other = OPTIONAL | {"when": {"/n": [1], "/type": ["b", "a"]}}
    assert only_row(second(TYPE, one), second(TYPE, other))["class"] == "cosmetic"


def test_a_place_and_a_format_of_the_same_meaning_are_no_difference():
    was = [scalar(), {"key": "t", "type": "TIMESTAMP"}]
    is_now = [scalar(**{"from": "/k"}), {"key": "t", "type": "TIMESTAMP", "format": "unix_seconds"}]
    assert diff_trees(second(*was), second(*is_now)) == {"class": "none", "changes": []}


def test_under_reject_a_narrower_when_is_breaking_and_a_wider_one_may_be_safe():
    narrow, wide = (second(TYPE, for_types(*types), additional_keys="reject") for types in ("a", "ab"))
    assert only_row(wide, narrow)["class"] == "breaking"
    assert only_row(narrow, wide)["class"] == "safe"
    other = {"key": "other", "from": "k", "type": "INT", "presence": "optional"}
    narrow, wide = (second(TYPE, other, for_types(*types), additional_keys="reject") for types in ("a", "ab"))
    assert only_row(narrow, wide)["class"] == "breaking"


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
def test_a_new_field_that_takes_everything_is_safe(additional_keys):
    before = second(TYPE, additional_keys=additional_keys)
    assert only_row(before, second(TYPE, ANYTHING, additional_keys=additional_keys))["class"] == "safe"
    assert only_row(before, second(TYPE, OPTIONAL, additional_keys=additional_keys))["class"] == "breaking"
    assert only_row(before, second(TYPE, for_types("a"), additional_keys=additional_keys))["class"] == "breaking"


def test_under_reject_a_new_field_at_a_place_that_another_one_reads_is_breaking():
    def added(new, *others):
        rows = only_row(second(*others, additional_keys="reject"), second(*others, new, additional_keys="reject"))
        return rows["class"]

    new = OPTIONAL | {"from": "/context/ip"}
    assert added(new, TYPE) == "safe"
    assert added(new, {"key": "context", "type": "JSON", "presence": "optional"}) == "breaking"
    assert added(new, {"key": "ip", "type": "STRING", "from": "/context/ip", "presence": "optional"}) == "breaking"
    assert added(new, box(NAME, presence="optional") | {"key": "context"}) == "safe"
    assert added(OPTIONAL | {"from": "context"}, {"key": "ip", "type": "INT", "from": "/context/ip"}) == "breaking"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("drop", "keep", "safe"),
        ("reject", "keep", "safe"),
        ("keep", "drop", "breaking"),
        ("keep", "reject", "breaking"),
        ("drop", "reject", "breaking"),
        ("reject", "drop", "safe"),
    ],
)
def test_what_becomes_of_unknown_keys_changes_columns_or_refusals(before, after, expected):
    assert only_row(second(TYPE, additional_keys=before), second(TYPE, additional_keys=after))["class"] == expected


def test_the_name_of_events_is_cosmetic():
    row = only_row(second(TYPE), second(TYPE, event_name=["/type"]))
    assert (row["path"], row["class"], row["after"]) == ("", "cosmetic", {"event_name": ["/type"]})


def test_from_the_first_edition_to_the_second_is_safe_and_back_is_not():
    first = Tree("drop", fields_to_json(check_fields([scalar()])), edition=1)
    assert only_row(first, second(scalar()))["class"] == "safe"
    assert only_row(second(scalar()), first)["class"] == "breaking"
    rows = diff_trees(first, second(scalar("STRING", ("max_length", 32_000))))
    assert rows["class"] == "safe"


def test_what_differs_deep_down_is_told_at_its_path():
    inner = {"key": "list", "type": "ARRAY_OBJECT", "fields": [PRICE, NAME]}
    longer = {**PRICE, "presence": "default", "default": 0.5, "description": "Euros."}
    row = only_row(saved(box(inner)), saved(box({**inner, "fields": [longer, NAME]})))
    assert (row["path"], row["class"]) == ("k.list.price", "safe")
    assert row["before"] == {"presence": "required"}
    assert row["after"] == {"presence": "default", "default": 0.5, "description": "Euros."}
    assert row["why"].endswith("The description changes.")


def test_the_class_of_a_pair_is_the_worst_of_its_rows():
    before = saved(PRICE, {**NAME, "description": "a"}, OPTIONAL)
    found = diff_trees(before, saved({**PRICE, "presence": "default", "default": 1}, NAME, macro("uuid")))
    assert [row["class"] for row in found["changes"]] == ["safe", "cosmetic", "safe"]
    assert found["class"] == "safe"
    assert diff_trees(before, saved(PRICE, NAME))["class"] == "breaking"


@st.composite
def mutations(draw: st.DrawFn, fields: list[dict[str, Any]], edition: int) -> list[dict[str, Any]]:
    """Draw a tree that differs in one to three places from another, somewhere on its levels."""
    mutated = copy.deepcopy(fields)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        siblings = mutated
        while draw(st.booleans()):
            parents = [item for item in siblings if "fields" in item]
            if not parents:
                break
            siblings = draw(st.sampled_from(parents))["fields"]
        item = draw(st.sampled_from(siblings))
        kinds = ["presence", "presence", "rules", "rules", "rules", "add", "remove", "order", "text"]
        if edition > 1:
            kinds += ["from", "from", "protect", "format", "when", "when"]
        match draw(st.sampled_from(kinds)):
            case "from":
                item.pop("from", None)
                item["from"] = draw(st.sampled_from([item["key"], f"/{item['key']}", "b", "/a", "/a/b", "/new"]))
            case "protect" if item["type"] in {"STRING", "ARRAY_STRING"}:
                item["protect"] = draw(st.sampled_from(["hash", "redact", "ip_prefix", "last_4"]))
            case "protect":
                item.pop("protect", None)
            case "format" if item["type"] in {"TIMESTAMP", "ARRAY_TIMESTAMP"}:
                item["format"] = draw(st.sampled_from(["unix_seconds", "unix_milliseconds", "rfc3339"]))
            case "when" if siblings is mutated:
                item["when"] = draw(changed_when(item.get("when"), fields))
                if not item["when"]:
                    del item["when"]
            case "presence":
                donor = draw(st.sampled_from(["required", "optional", "default"]))
                for name in ("default", "macro"):
                    item.pop(name, None)
                item["presence"] = donor
                if donor == "default" and item["type"] != "OBJECT":
                    item["default"] = draw(st.sampled_from(["a", "abc", 1, 0.5, True, [], "2024-02-29 00:00:00"]))
            case "rules":
                item["rules"] = draw(changed_rules(item.get("rules", [])))
            case "add":
                added = draw(field_trees().map(lambda tree: tree[0]))
                siblings.insert(draw(st.integers(0, len(siblings))), {**added, "key": "added"})
            case "remove" if len(siblings) > 1:
                siblings.remove(item)
            case "order":
                siblings[:] = draw(st.permutations(siblings))
            case _:
                item["description"] = "Another."
    return mutated


@st.composite
def changed_when(draw: st.DrawFn, when: dict[str, list[Any]] | None, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw no `when`, or one that differs from another in a place, a value, or in how it is written."""
    changed = {pointer: list(values) for pointer, values in (when or {}).items()}
    if not changed or draw(st.booleans()):
        if draw(st.booleans()):
            return {}
        key = draw(st.sampled_from([item["key"] for item in fields]))
        changed[f"/{key}"] = draw(st.sampled_from([["a"], ["a", "abc"], [1, 7], [True]]))
        return changed
    pointer = draw(st.sampled_from(sorted(changed)))
    values = changed[pointer]
    changed[pointer] = values[1:] if len(values) > 1 and draw(st.booleans()) else [*values[::-1], "more"]
    return changed


@st.composite
def changed_rules(draw: st.DrawFn, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rules = [rule for rule in rules if draw(st.integers(0, 3))]
    for rule in rules:
        if isinstance(rule["value"], list) and draw(st.booleans()):
            rule["value"] = [value for value in rule["value"] if draw(st.booleans())] or rule["value"][:1]
        elif isinstance(rule["value"], int | float):
            rule["value"] += draw(st.sampled_from([-1, 0, 0, 1]))
    if not draw(st.integers(0, 2)):
        extra = [("regex", "[a-z]*"), ("max_length", 3), ("min_value", 0.5), ("max_value", 7), ("max_items", 2)]
        name, value = draw(st.sampled_from([*extra, ("one_of", ["a", "abc"]), ("one_of", [1, 7, 12])]))
        rules = [rule for rule in rules if rule["rule"] != name] + [{"rule": name, "value": value}]
    return rules


@st.composite
def loosened(draw: st.DrawFn, fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw a tree whose events try what one field of another allows: other lengths, other numbers, other types."""
    loose = copy.deepcopy(fields)
    siblings = [item for item in loose if item["key"] == "added"] or loose
    while siblings:
        item = draw(st.sampled_from(siblings))
        siblings = item.get("fields", []) if draw(st.booleans()) else []
    item.pop("rules", None)
    if not draw(st.integers(0, 2)) and "fields" not in item:
        item["type"] = draw(st.sampled_from(["STRING", "INT", "FLOAT", "BOOLEAN", "ARRAY_STRING"]))
    if draw(st.booleans()):
        loose = [kept for kept in loose if kept is not item]
    return loose


@given(st.data())
@pytest.mark.drawn
@settings(
    max_examples=drawn(150),
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_what_is_not_breaking_refuses_no_event_and_moves_no_column(data):
    edition = data.draw(st.sampled_from([1, 2]))
    tree = data.draw(field_trees(edition))[:2]  # few keys, so that the one that changed decides
    pairs = [("drop", "drop"), ("reject", "reject"), ("reject", "reject"), ("drop", "reject")]
    pairs += [("keep", "keep"), ("keep", "drop"), ("reject", "keep")] if edition > 1 else []
    keys, other_keys = data.draw(st.sampled_from(pairs))
    try:
        one = replace(saved(*tree, additional_keys=keys), edition=edition)
        other = replace(saved(*data.draw(mutations(tree, edition)), additional_keys=other_keys), edition=edition)
    except Rejected:
        assume(False)
    assert diff_trees(one, one)["class"] == "none"
    sent = [data.draw(events_for(data.draw(loosened(tree.fields)))) for tree in (one, other) * 6]
    for before, after in ((one, other), (other, one)):
        if diff_trees(before, after)["class"] == "breaking":
            continue
        was, is_now = compiled(before), compiled(after)
        for event in sent:
            assert accepts(is_now, event) or not accepts(was, event)
        found = all_columns(after)
        assert all_columns(before).items() <= found.items()
