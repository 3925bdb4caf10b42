"""The OpenAPI document, generated from the routes' declarations.

`python -m functions.management.openapi` prints it, or writes it into the file that it is given.
"""

import inspect
import json
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic.json_schema import models_json_schema

from domain.records.change import Resource
from functions.management.examples.answers import answer_example
from functions.management.examples.bodies import BODY_EXAMPLES
from functions.management.examples.problems import problem_examples
from functions.management.routing import PARAMETER, Route, Routes
from schemas.codes import PROBLEM_STATUS
from schemas.models.field import SchemaField
from schemas.models.problem import Problem

_REFERENCES = "#/components/schemas/{model}"
_INTRODUCTION = (
    "Everything the console can do. Times are RFC 3339 UTC. Every resource has a version, which is its ETag: a change "
    "with a stale If-Match is refused (412). Idempotency-Key is honoured on every POST for 24 hours."
)
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "ETag of the copy that was changed; `*` for any.",
    "schema": {"type": "string"},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "With the same key and request, the first answer is given again for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_CREDENTIAL = {
    "type": "http",
    "scheme": "bearer",
    "description": "A personal token (`iet_…`), or the access token of a person who signed in. Who is a member of "
    "several organisations says with the header `X-Organisation-Id` which one a request is about; `GET /v1/me` lists "
    "them.",
}
_EVENTS = {
    "required": True,
    "description": "Exactly as an ingest request's body: an object, an array, NDJSON, compressed or not.",
    "content": {
        "application/json": {
            "schema": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
        },
        "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"event": "view"}\n{"event": "purchase"}\n'},
    },
}
_OWN_ADDRESS = {
    "get": {
        "summary": "Get this document",
        "description": "It needs no token, and is the same for every deployment of this version.",
        "operationId": "get_openapi",
        "tags": ["openapi.json"],
        "security": [],
        "responses": {
            "200": {
                "description": "Done.",
                "content": {
                    "application/json": {
                        "schema": {"type": "object"},
                        "example": {
                            "openapi": "3.1.0",
                            "info": {"title": "ingest-endpoints", "version": "1"},
                            "paths": {},
                        },
                    }
                },
            },
            "422": {
                "description": "Code invalid_request.",
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {"invalid_request": {"$ref": "#/components/examples/invalid_request"}},
                    }
                },
            },
        },
    }
}


def openapi_document(routes: Routes) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of these routes, as plain JSON."""
    generated = _generator(routes).get_openapi_json_schema(
        title="ingest-endpoints",
        version="1",
        openapi_version="3.1.0",
        description=_INTRODUCTION,
    )
    document: dict[str, Any] = json.loads(generated)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    # The generator describes answers of its own to a request that is not valid; ours are problems.
    for name in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(name, None)
    _, described = models_json_schema([(SchemaField, "validation"), (Problem, "validation")], ref_template=_REFERENCES)
    schemas.update(described["$defs"])
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["examples"] = problem_examples(
        problem for route in routes.declared for problem in route.problems
    )
    document["components"]["securitySchemes"] = {"token": _CREDENTIAL}
    document["security"] = [{"token": []}]
    document["servers"] = [{"url": "/"}]
    for route in routes.declared:
        _complete(document["paths"][route.path][route.method.lower()], route)
    document["paths"]["/v1/openapi.json"] = _OWN_ADDRESS
    return document


def _generator(routes: Routes) -> APIGatewayHttpResolver:
    """Return what knows the routes for their description alone: it serves nothing."""
    described = APIGatewayHttpResolver(enable_validation=True)
    for route in routes.declared:
        described.route(
            PARAMETER.sub(r"<\1>", route.path),
            route.method,
            summary=route.summary,
            description=inspect.getdoc(route.function),
            operation_id=route.operation_id,
            tags=[route.path.split("/")[2]],
            responses=_documented(route),
        )(_described(route.function))
    return described


def _documented(route: Route) -> dict[int, Any]:
    success: dict[str, Any] = {"description": "Done, nothing to show." if route.shown is None else "Done."}
    if route.shown is not None:
        success["content"] = {"application/json": {"model": route.shown}}
    answers: dict[int, Any] = {route.status: success}
    by_status: dict[int, list[str]] = {}
    for problem in route.problems:
        by_status.setdefault(PROBLEM_STATUS[problem], []).append(problem.value)
    schema = {"$ref": "#/components/schemas/Problem"}
    for status, codes in by_status.items():
        answers[status] = {
            "description": f"Code {' or '.join(codes)}.",
            "content": {"application/problem+json": {"schema": schema}},
        }
    return answers


def _described(function: Callable[..., Resource | None]) -> Callable[..., None]:
    """Return what stands for the function in the description: its parameters, and no model of what it returns."""

    def describe(**_: Any) -> None:
        """Never called."""

    signature = inspect.signature(function).replace(return_annotation=inspect.Signature.empty)
    describe.__signature__ = signature  # type: ignore[attr-defined]
    describe.__module__ = function.__module__
    return describe


def _complete(operation: dict[str, Any], route: Route) -> None:
    """Say what the generator does not know: headers, raw bodies, and which answers there are."""
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        if parameter["in"] == "path":
            parameter.setdefault("description", _path_parameter(parameter["name"]))
    if route.if_match != "none":
        parameters.append({**_IF_MATCH, "required": route.if_match == "required"})
    if route.method == "POST":
        parameters.append(_IDEMPOTENCY_KEY)
    if not parameters:
        del operation["parameters"]
    if route.body == "raw":
        operation["requestBody"] = deepcopy(_EVENTS)
    example = BODY_EXAMPLES.get(route.operation_id)
    if example is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example
    declared = {str(route.status), *(str(status) for status in route.problem_statuses)}
    operation["responses"] = {
        status: answer for status, answer in sorted(operation["responses"].items()) if status in declared
    }
    success = operation["responses"][str(route.status)]
    if route.shown is None:
        success.pop("content", None)
    else:
        success["content"]["application/json"]["example"] = answer_example(route.shown)
        if "version" in route.shown.model_fields:
            success["headers"] = {"ETag": {"description": "The version, in quotes.", "schema": {"type": "string"}}}
    for problem in route.problems:
        refused = operation["responses"][str(PROBLEM_STATUS[problem])]["content"]["application/problem+json"]
        reference = {"$ref": f"#/components/examples/{problem.value}"}
        refused.setdefault("examples", {})[problem.value] = reference
    if route.location:
        success["headers"]["Location"] = {"description": "Where it is found.", "schema": {"type": "string"}}


def _path_parameter(name: str) -> str:
    kind = name.removesuffix("_id").replace("_", " ")
    return "Id of the revision to compare with." if kind == "other" else f"Id of the {kind}."


def checked_in_text() -> str:
    """Return the document as `docs/openapi.json` holds it. Nothing of it depends on a deployment."""
    # Imported here: the handler, which these are made for, needs this module.
    from functions.management.application import describe_routes  # noqa: PLC0415

    return json.dumps(openapi_document(describe_routes()), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(checked_in_text(), encoding="utf-8")
    else:
        sys.stdout.write(checked_in_text())
