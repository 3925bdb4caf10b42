"""The OpenAPI document: valid, fresh, and true of what it says about answers."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.management.application import describe_routes
from functions.management.examples.answers import answer_example
from functions.management.examples.bodies import BODY_EXAMPLES
from functions.management.openapi import checked_in_text
from schemas.codes import PROBLEM_STATUS
from schemas.models.diff import RevisionDiff
from schemas.models.revision import CreatedRevision, DryRun, RevisionWithFields
from schemas.models.revision_document import (
    RevisionBigQuerySchema,
    RevisionExample,
    RevisionJsonSchema,
    RevisionTypes,
)
from tests.management_api import Api, document

FORMATS = Draft202012Validator.FORMAT_CHECKER
CHECKED_IN = Path(__file__).parents[2] / "docs" / "openapi.json"


def operations():
    return [
        (path, method, operation) for path, item in document()["paths"].items() for method, operation in item.items()
    ]


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for child in value.values():
            yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def validate(schema, example):
    Draft202012Validator({**schema, "components": document()["components"]}, format_checker=FORMATS).validate(example)


def test_the_document_is_valid():
    assert document()["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document()).validate()


def test_whatever_changes_a_thing_that_has_a_version_heeds_if_match():
    changing = {
        f"{method.upper()} {path}": {parameter.get("name") for parameter in operation.get("parameters", [])}
        for path, method, operation in operations()
        if method in {"put", "patch", "delete"} or re.search(r"[}]/(finalise|promote|abort|cancel|secret)$", path)
    }
    assert len(changing) > 20
    # An invitation has no version of its own.
    assert {name for name, parameters in changing.items() if "If-Match" not in parameters} == {
        "DELETE /v1/invitations/{invitation_id}"
    }


def test_the_checked_in_document_is_fresh():
    stale = "docs/openapi.json is stale: python -m functions.management.openapi docs/openapi.json"
    assert CHECKED_IN.read_text(encoding="utf-8") == checked_in_text(), stale


def test_the_document_is_served_to_anybody():
    answer = Api().call("GET", "/v1/openapi.json", token=None)
    assert (answer.status, answer.json) == (200, json.loads(checked_in_text()))


def test_the_document_takes_no_other_method():
    for method in ("POST", "DELETE", "TRACE"):
        answer = Api().call(method, "/v1/openapi.json", token=None)
        assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "method_not_allowed", "GET, HEAD")


def test_every_reference_leads_somewhere_and_every_schema_and_example_is_used():
    components = document()["components"]
    there = {f"#/components/{kind}/{name}" for kind in ("schemas", "examples") for name in components[kind]}
    assert set(references(document())) == there


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_an_operation_says_how_it_fails(path, method, operation):
    answers = operation["responses"]
    failures = {status: answer for status, answer in answers.items() if status >= "400"}
    for status, answer in failures.items():
        assert list(answer["content"]) == ["application/problem+json"]
        codes = answer["description"].removeprefix("Code ").removesuffix(".").split(" or ")
        assert {PROBLEM_STATUS[code] for code in codes} == {int(status)}
    if operation.get("security") != []:
        assert {"401", "500", "503"} <= failures.keys()
    if "{" in path:
        assert "404" in failures


def test_the_body_of_a_tree_is_described_as_fields():
    schema = document()["components"]["schemas"]["FieldsReplace"]["properties"]["fields"]
    assert schema["items"] == {"$ref": "#/components/schemas/SchemaField"}
    assert "fields" in document()["components"]["schemas"]["SchemaField"]["properties"]


def test_fields_that_may_be_left_out_have_no_default_and_are_not_null():
    change = document()["components"]["schemas"]["EndpointChange"]
    assert "required" not in change
    assert change["additionalProperties"] is False
    assert "default" not in change["properties"]["name"]
    assert change["properties"]["name"]["type"] == "string"


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_an_operation_is_described_with_its_parameters_and_an_example_of_its_body(path, method, operation):
    assert operation["summary"]
    assert operation["description"], "its function needs a docstring"
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter["name"]
    for content in operation.get("requestBody", {"content": {}})["content"].values():
        assert "example" in content, "add one to functions/management/examples/bodies.py"
        validate(content["schema"], content["example"])


def test_no_example_is_of_an_operation_that_is_not_there():
    assert BODY_EXAMPLES.keys() <= {operation["operationId"] for _, _, operation in operations()}


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_an_answer_has_an_example_that_its_schema_takes(path, method, operation):
    for status, answer in operation["responses"].items():
        if status < "400" and status != "204":
            content = answer["content"]["application/json"]
            assert "example" in content, "add one of its model to functions/management/examples/"
            validate(content["schema"], content["example"])


@pytest.mark.parametrize("route", [route for route in describe_routes().declared if route.shown])
def test_an_example_of_an_answer_is_one_of_its_model(route):
    answer = document()["paths"][route.path][route.method.lower()]["responses"][str(route.status)]
    route.shown.model_validate(answer["content"]["application/json"]["example"])


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_a_failure_has_an_example_for_each_of_its_codes(path, method, operation):
    for status, answer in operation["responses"].items():
        if status >= "400":
            codes = answer["description"].removeprefix("Code ").removesuffix(".").split(" or ")
            assert answer["content"]["application/problem+json"]["examples"] == {
                code: {"$ref": f"#/components/examples/{code}"} for code in codes
            }


@pytest.mark.parametrize("code", document()["components"]["examples"])
def test_an_example_of_a_problem_is_one_of_its_code(code):
    example = document()["components"]["examples"][code]["value"]
    validate({"$ref": "#/components/schemas/Problem"}, example)
    assert (example["code"], example["status"]) == (code, PROBLEM_STATUS[code])


def test_ids_in_examples_are_made_like_ours():
    found = set(re.findall(r'"((?:org|mem|tok|aud|ep|rev|env|dep|dom|rdr)_\w+)"', checked_in_text()))
    assert len(found) >= 10
    assert {name for name in found if not re.fullmatch(r"[a-z]+_[0-9a-hjkmnp-tv-z]{26}", name)} == set()


def test_the_example_of_a_revision_and_those_of_its_documents_are_what_the_api_answers():
    api = Api()
    revision = answer_example(RevisionWithFields)
    endpoint = api.endpoint()
    made = api.draft(endpoint, *revision["fields"], name=revision["name"])
    stricter = api.draft(endpoint, revision["fields"][0], {**revision["fields"][1], "presence": "required"})
    path = f"/v1/revisions/{made['id']}"
    assert api.call("GET", path).json["fields"] == revision["fields"]
    assert api.call("GET", f"{path}/json-schema").json == answer_example(RevisionJsonSchema)
    assert api.call("GET", f"{path}/types?language=typescript").json == answer_example(RevisionTypes)
    assert api.call("GET", f"{path}/bigquery-schema").json == answer_example(RevisionBigQuerySchema)
    assert api.call("GET", f"{path}/example").json == answer_example(RevisionExample)
    assert api.call("GET", f"{path}/diff/{stricter['id']}").json == answer_example(RevisionDiff)
    events = [{"event": "purchase", "price": 9.5, "coupon": "X1"}, {"event": "purchase", "price": "9.50"}]
    assert api.call("POST", f"{path}/validate", events).json == answer_example(DryRun)


def test_the_example_of_a_revision_from_samples_is_what_the_api_answers():
    api = Api()
    body = BODY_EXAMPLES["create_revision"]
    made = api.call("POST", f"/v1/endpoints/{api.endpoint()['id']}/revisions", body).json
    example = answer_example(CreatedRevision)
    assert made.keys() == example.keys()
    for field in ("name", "state", "field_count", "fields", "inference"):
        assert made[field] == example[field]
