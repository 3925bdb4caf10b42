"""References of a JSON Schema lead where its dialect says: from the nearest `$id`, within the document."""

import pytest

from domain.language.json_schema_import import import_json_schema

STRING = {"type": "string"}
WHOLE = {"type": "integer"}
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def of(properties, **more):
    return {"type": "object", "properties": properties, **more}


def party(reference, **more):
    return {**of({"id": {"$ref": reference}}), "$defs": {"id": WHOLE}, **more}


def type_within(schema):
    """Return the type of the only field of the first field, and whether the import is exact."""
    made = import_json_schema(schema)
    return made.fields[0]["fields"][0]["type"], made.is_exact


@pytest.mark.parametrize(
    ("more", "reference", "expected"),
    [
        ({"$id": "https://x/party"}, "#/$defs/id", "INT"),
        ({"$id": "party"}, "#/$defs/id", "INT"),
        ({"$id": "party"}, "party#/$defs/id", "INT"),
        ({"$id": "party"}, "https://x/party#/$defs/id", "INT"),
        ({"$id": "https://x/party"}, "order#/$defs/id", "STRING"),
        ({}, "#/$defs/id", "STRING"),
        ({"$id": "#party"}, "#/$defs/id", "STRING"),
        ({"$id": ""}, "#/$defs/id", "STRING"),
        ({"id": "https://x/party"}, "#/$defs/id", "STRING"),
    ],
)
@pytest.mark.parametrize("dialect", [None, DRAFT_7])
def test_a_reference_counts_from_the_nearest_id(more, reference, expected, dialect):
    schema = of({"p": party(reference, **more)}, **{"$id": "https://x/order", "$defs": {"id": STRING}})
    assert type_within(schema | ({"$schema": dialect} if dialect else {})) == (expected, True)


def test_draft_4_calls_it_id():
    schema = of({"p": party("#/$defs/id", id="party")}, **{"$schema": DRAFT_4, "id": "https://x/", "$defs": {}})
    assert type_within(schema) == ("INT", True)


def test_an_id_beside_a_reference_counts_from_2019_on_alone():
    schema = of(
        {"p": {"$id": "https://x/party", "$ref": "#/$defs/own", "$defs": {"own": of({"id": WHOLE})}}},
        **{"$id": "https://x/order", "$defs": {"own": of({"id": STRING})}},
    )
    assert type_within(schema) == ("INT", True)
    assert type_within({"$schema": DRAFT_7, **schema}) == ("STRING", True)


def test_references_lead_to_bundled_schemas_by_their_names_and_count_from_there():
    schema = of(
        {"p": {"$ref": "party"}},
        **{"$id": "https://x/order", "$defs": {"id": STRING, "p": party("#/$defs/id", **{"$id": "/party"})}},
    )
    assert type_within(schema) == ("INT", True)
    schema["properties"]["p"] = {"$ref": "#/$defs/p"}
    assert type_within(schema) == ("INT", True)


@pytest.mark.parametrize("reference", ["https://y/party", "other", "#anchor", "party#anchor", "http://[", "#/$defs/²"])
def test_a_reference_that_leads_out_of_the_document_or_nowhere_is_listed(reference):
    schema = of({"p": {"$ref": reference}}, **{"$id": "https://x/order", "$defs": {"p": {"$id": "party", "type": []}}})
    made = import_json_schema(schema)
    assert (made.fields[0]["type"], made.is_exact) == ("JSON", False)
    assert [(row.pointer, row.keyword) for row in made.unmapped] == [("/properties/p", "$ref")]


def test_a_name_that_two_schemas_have_is_not_followed():
    schema = of({"p": {"$ref": "party"}}, **{"$defs": {"p": {"$id": "party"}, "q": {"$id": "party"}}})
    assert [row.keyword for row in import_json_schema(schema).unmapped] == ["$ref"]


def test_the_same_reference_of_alternatives_with_ids_of_their_own_is_not_the_same():
    def branch(name, definition):
        told = {"kind": {"const": name}, "v": {"$ref": "#/$defs/v"}}
        return {**of(told, required=["kind", "v"]), "$id": f"https://x/{name}", "$defs": {"v": definition}}

    made = import_json_schema({"type": "object", "oneOf": [branch("a", STRING), branch("b", WHOLE)]})
    assert [(field["type"], field.get("when")) for field in made.fields[1:]] == [
        ("STRING", {"/kind": ["a"]}),
        ("INT", {"/kind": ["b"]}),
    ]


def test_what_stands_beside_the_reference_of_an_alternative_is_not_forgotten():
    schema = of({"a": {"anyOf": [{"$ref": "#/$defs/e", "pattern": "^a"}, {"const": 1}]}})
    made = import_json_schema({**schema, "$defs": {"e": {"enum": ["a", "b"]}}})
    assert not made.is_exact


def test_arrays_within_arrays_of_one_definition_end_somewhere():
    tree = {"type": "array", "items": {"anyOf": [STRING, {"$ref": "#/$defs/tree"}]}}
    made = import_json_schema(of({"a": {"$ref": "#/$defs/tree"}}, **{"$defs": {"tree": tree}}))
    assert (made.fields[0]["type"], made.is_exact) == ("ARRAY_JSON", False)


@pytest.mark.parametrize("reference", ["party", "https://x/party", "party#/$defs/id"])
def test_from_a_very_long_id_only_pointers_are_followed(reference):
    inner = {"$id": "https://x/" + "a/" * 1_000, "$defs": {"id": WHOLE}}
    others = {"party": {"$id": "party", **STRING}}
    schema = of({"p": {**inner, **of({"id": {"$ref": "#/$defs/id"}})}}, **{"$defs": others})
    assert type_within(schema) == ("INT", True)
    schema = of({"p": {**inner, **of({"id": {"$ref": reference}})}}, **{"$defs": others})
    assert type_within(schema) == ("JSON", False)
