"""What no field names: held to a plain definition, and shown by example."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.validation.unnamed import NamedPlaces, UnnamedByRevision

Fields = list[dict[str, Any]]
ANY_INDEX = "*index*"


def test_a_value_that_no_field_reads_is_unnamed_as_a_whole():
    places = NamedPlaces([field("a")])

    assert places.unnamed_in({"a": 1, "b": {"c": 2}, "d": None}).found == [("/b", {"c": 2}), ("/d", None)]


def test_an_object_that_is_read_only_in_part_is_named_in_part():
    places = NamedPlaces([field("library", "/context/library/name")])

    assert places.unnamed_in({"context": {"ip": "::1", "library": {"name": "x", "version": "2"}}}).found == [
        ("/context/ip", "::1"),
        ("/context/library/version", "2"),
    ]


@pytest.mark.parametrize("value", [{}, [], None, "text", 1])
def test_an_empty_object_or_another_value_on_the_way_to_a_field_is_unnamed(value: Any):
    places = NamedPlaces([field("ip", "/context/ip")])

    assert places.unnamed_in({"context": value}).found == [("/context", value)]


@pytest.mark.parametrize("value", [{}, None])
def test_an_object_that_a_field_reads_is_named_even_when_it_is_empty(value: Any):
    places = NamedPlaces([field("context", fields=[field("ip")]), field("os", "/context/os/name")])

    assert places.unnamed_in({"context": value}).found == []


def test_what_stands_in_an_array_of_objects_is_told_by_its_index():
    places = NamedPlaces([field("items", fields=[field("sku")], data_type="ARRAY_OBJECT")])

    event = {"items": [{"sku": "1", "colour": "blue"}, {}, {"sku": "2", "a/b~c": 3}]}

    assert places.unnamed_in(event).found == [("/items/0/colour", "blue"), ("/items/2/a~1b~0c", 3)]


def test_all_that_stands_under_a_json_field_is_named():
    places = NamedPlaces([field("properties", data_type="JSON"), field("total", "/properties/total")])

    assert places.unnamed_in({"properties": {"total": 1, "tax": [{"x": 1}]}}).found == []


def test_what_is_beyond_the_most_is_only_counted():
    found, more = NamedPlaces([field("a")]).unnamed_in({str(number): number for number in range(7)}, 5)

    assert [pointer for pointer, _ in found] == ["/0", "/1", "/2", "/3", "/4"]
    assert more == 2


def test_values_of_several_objects_come_in_the_order_of_the_event_and_are_bounded_together():
    places = NamedPlaces([field("a", "/p/a"), field("b", "/q/b"), field("c", "/q/r/c")])
    event = {"q": {"x": 1, "r": {"y": 2, "c": 3}, "b": 4}, "p": {"z": 5, "a": 6, "u": 7}}

    pointers = ["/q/x", "/q/r/y", "/p/z", "/p/u"]
    assert [pointer for pointer, _ in places.unnamed_in(event).found] == pointers
    for most in range(5):
        found, more = places.unnamed_in(event, most)
        assert [pointer for pointer, _ in found] == pointers[:most]
        assert more == len(pointers) - most


def test_a_protected_place_is_never_shown_though_its_field_is_not_in_force():
    email = {**field("email"), "protect": "hash"}
    whole = field("user", "properties", fields=[email, field("plan")])
    people = field("people", data_type="ARRAY_OBJECT", fields=[email])
    places = NamedPlaces([field("type")], withheld=[whole, people])

    event = {
        "properties": {"email": "a@example.com", "plan": "free"},
        "people": [{"email": "b@example.com", "age": 7}, {}, 5],
    }

    assert places.unnamed_in(event).found == [
        ("/properties/plan", "free"),
        ("/people/0/age", 7),
        ("/people/1", {}),
    ]
    assert places.unnamed_in(event, any_index=True).found[-1] == ("/people/*", 5)  # of which no value is shown


@pytest.mark.parametrize(
    ("sent", "in_force"),
    [(1, True), (1.0, True), (True, False), ("1", False), (2, False), (None, False), ({}, False), ([1], False)],
)
def test_what_is_named_is_decided_by_the_fields_that_are_in_force(sent: Any, in_force: bool):
    fields = [field("kind", data_type="JSON"), {**field("total", "/properties/total"), "when": {"/kind": [1, "a"]}}]

    found = UnnamedByRevision(fields, with_protected=True).of({"kind": sent, "properties": {"total": 3}}).found

    assert found == ([] if in_force else [("/properties", {"total": 3})])


def test_every_pointer_of_a_when_must_hold():
    fields = [{**field("a", data_type="JSON"), "when": {"/x/y": ["1"], "/z": [True]}}]
    unnamed = UnnamedByRevision(fields, with_protected=True)

    assert ("/a", 1) not in unnamed.of({"a": 1, "x": {"y": "1"}, "z": True}).found
    assert ("/a", 1) in unnamed.of({"a": 1, "x": {"y": "1"}, "z": False}).found
    assert ("/a", 1) in unnamed.of({"a": 1, "x": "1", "z": True}).found


def field(
    key: str, from_: str | None = None, *, data_type: str | None = None, fields: Fields | None = None
) -> dict[str, Any]:
    made: dict[str, Any] = {"key": key, "type": data_type or ("OBJECT" if fields else "STRING"), "presence": "optional"}
    if from_ is not None:
        made["from"] = from_
    if fields is not None:
        made["fields"] = fields
    return made


KEYS = st.sampled_from(["a", "b", "c", "A b", "d/e", "~f"])
PLACES = st.one_of(
    st.none(),
    st.sampled_from(["a", "A b", "~f", "x/y"]),
    st.lists(KEYS, min_size=1, max_size=3).map(
        lambda keys: "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
    ),
)


def fields_of(below: st.SearchStrategy[Fields] | None) -> st.SearchStrategy[Fields]:
    kinds = st.sampled_from(["STRING", "JSON", "ARRAY_STRING"])
    one = st.builds(lambda key, from_, kind: field(key, from_, data_type=kind), st.sampled_from("abc"), PLACES, kinds)
    if below is not None:
        containers = st.sampled_from(["OBJECT", "ARRAY_OBJECT"])
        one |= st.builds(
            lambda key, from_, kind, fields: field(key, from_, data_type=kind, fields=fields),
            st.sampled_from("abc"),
            PLACES,
            containers,
            below,
        )
    return st.lists(one, min_size=1, max_size=4)


FIELDS = fields_of(fields_of(fields_of(None)))
VALUES = st.recursive(
    st.sampled_from([None, 1, "x", True]),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@given(FIELDS, st.dictionaries(KEYS, VALUES, max_size=5))
@example([field("a", "/b/c"), field("b", fields=[field("a")])], {"b": {"c": 1, "d": 2}})
def test_what_is_unnamed_is_what_the_definition_says(fields: Fields, event: dict[str, Any]):
    assert NamedPlaces(fields).unnamed_in(event).found == list(unnamed_by_definition(fields, event))


def unnamed_by_definition(fields: Fields, event: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    read = list(reads(fields, ()))

    def walk(path: tuple[str, ...], pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
        kinds = {kind for place, kind in read if place == path}
        if "whole" in kinds:
            return
        below = {place[len(path)] for place, _ in read if len(place) > len(path) and place[: len(path)] == path}
        if isinstance(value, dict) and value and below - {ANY_INDEX}:
            for key, member in value.items():
                token = key.replace("~", "~0").replace("/", "~1")
                yield from walk((*path, key), f"{pointer}/{token}", member)
        elif isinstance(value, list) and value and ANY_INDEX in below:
            for index, element in enumerate(value):
                yield from walk((*path, ANY_INDEX), f"{pointer}/{index}", element)
        elif not kinds and path:
            yield pointer, value

    yield from walk((), "", event)


def reads(fields: Fields, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each place that a field reads, and whether it names all that stands there."""
    for each in fields:
        place = (*above, *steps(each))
        if each["type"] == "ARRAY_OBJECT":
            yield place, "container"
            yield (*place, ANY_INDEX), "container"
            yield from reads(each["fields"], (*place, ANY_INDEX))
        elif each["type"] == "OBJECT":
            yield place, "container"
            yield from reads(each["fields"], place)
        else:
            yield place, "whole"


def steps(each: dict[str, Any]) -> list[str]:
    given = each.get("from", each["key"])
    if not given.startswith("/"):
        return [given]
    return [step.replace("~1", "/").replace("~0", "~") for step in given[1:].split("/")]
