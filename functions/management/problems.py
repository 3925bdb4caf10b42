"""From what went wrong to the answer: one place for every problem of the management API."""

import json
import logging
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from domain.errors import FaultyRequest, Misconfigured, Rejected, Undelivered, bounded_pointer
from domain.fault_log import place_of_fault
from domain.http import HttpRequest, HttpResponse
from domain.problems import problem_document
from schemas.addresses import EMAIL_PATTERN, EMAIL_WORDS
from schemas.codes import Problem
from schemas.limits import MAX_ERRORS
from schemas.models.declared import DASHED_ID_PATTERN, ID_PATTERN, NAME_PATTERN, PROTOCOL_PATTERN
from schemas.models.destination import UNION_BRANCHES
from schemas.models.destination_names import PATTERN_WORDS
from schemas.models.environment import WRITE_KEY_PATTERN, WRITE_KEY_WORDS
from schemas.models.eventbridge_destination import (
    BUS_ARN_PATTERN,
    BUS_ARN_WORDS,
    DETAIL_TYPE_PATTERN,
    DETAIL_TYPE_WORDS,
)
from schemas.models.http_destination import (
    HEADER_NAME_PATTERN,
    HEADER_NAME_WORDS,
    HEADER_VALUE_PATTERN,
    HEADER_VALUE_WORDS,
    URL_PATTERN,
    URL_WORDS,
)
from schemas.models.kinesis_destination import STREAM_ARN_PATTERN, STREAM_ARN_WORDS
from schemas.models.postgres_destination import CA_PATTERN, CA_WORDS, DSN_PATTERN, DSN_WORDS
from schemas.models.postgres_destination import NAME_PATTERN as POSTGRES_NAME_PATTERN
from schemas.models.postgres_destination import NAME_WORDS as POSTGRES_NAME_WORDS
from schemas.models.quarantine import REPAIR_POINTER_PATTERN, REPAIR_POINTER_WORDS
from schemas.models.sqs_destination import GROUP_PATTERN, GROUP_WORDS, QUEUE_URL_PATTERN, QUEUE_URL_WORDS
from schemas.models.webhook import HOOK_NAME_PATTERN, HOOK_NAME_WORDS, SIGNING_TEXT_PATTERN, SIGNING_TEXT_WORDS
from schemas.names import NAME_WORDS

_LOGGER = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
_FOUND = "The deployment's operator finds this request in its log by its id."

# What pydantic calls a fault, as (our code, our words). Its own words are not used: some of them repeat the value.
_FAULTS: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "This field is required."),
    "extra_forbidden": ("unknown_field", "There is no such field."),
    "string_type": ("type", "Must be a string."),
    "string_sub_type": ("type", "Must be a string."),
    "bool_type": ("type", "Must be true or false."),
    "int_type": ("type", "Must be a whole number."),
    "int_parsing": ("type", "Must be a whole number."),
    "int_parsing_size": ("type", "Must be a smaller whole number."),
    "int_from_float": ("type", "Must be a whole number."),
    "list_type": ("type", "Must be an array."),
    "dict_type": ("type", "Must be an object."),
    "model_type": ("type", "Must be an object."),
    "model_attributes_type": ("type", "Must be an object."),
    "string_too_short": ("min_length", "Must have at least {min_length} character{s}."),
    "string_too_long": ("max_length", "Must have at most {max_length} character{s}."),
    "greater_than_equal": ("min_value", "Must be at least {ge}."),
    "less_than_equal": ("max_value", "Must be at most {le}."),
    "too_short": ("min_items", "Must have at least {min_length} item{s}."),
    "too_long": ("max_items", "Must have at most {max_length} item{s}."),
    "literal_error": ("one_of", "Must be one of {expected}."),
    "enum": ("one_of", "Must be one of {expected}."),
}
_PATTERNS: Mapping[str, str] = {
    NAME_PATTERN: NAME_WORDS,
    DASHED_ID_PATTERN: "Must be an id, as the API gives it.",
    ID_PATTERN: "Must be an id, as the API gives it.",
    PROTOCOL_PATTERN: "Must be the name of a protocol, such as `segment`.",
    EMAIL_PATTERN: EMAIL_WORDS,
    WRITE_KEY_PATTERN: WRITE_KEY_WORDS,
    HOOK_NAME_PATTERN: HOOK_NAME_WORDS,
    SIGNING_TEXT_PATTERN: SIGNING_TEXT_WORDS,
    REPAIR_POINTER_PATTERN: REPAIR_POINTER_WORDS,
    URL_PATTERN: URL_WORDS,
    HEADER_NAME_PATTERN: HEADER_NAME_WORDS,
    HEADER_VALUE_PATTERN: HEADER_VALUE_WORDS,
    QUEUE_URL_PATTERN: QUEUE_URL_WORDS,
    GROUP_PATTERN: GROUP_WORDS,
    STREAM_ARN_PATTERN: STREAM_ARN_WORDS,
    BUS_ARN_PATTERN: BUS_ARN_WORDS,
    DETAIL_TYPE_PATTERN: DETAIL_TYPE_WORDS,
    DSN_PATTERN: DSN_WORDS,
    CA_PATTERN: CA_WORDS,
    POSTGRES_NAME_PATTERN: POSTGRES_NAME_WORDS,
    **PATTERN_WORDS,
}
# Faults that our own models raise; their messages are ours.
_OWN_FAULTS = frozenset(
    {
        "origin",
        "duplicate",
        "destination",
        "certificate",
        "sample",
        "conflict",
        "name",
        "text",
        "email",
        "unknown_parameter",
    }
)


def problem_response(error: Exception, request: HttpRequest) -> HttpResponse:
    """Return the answer to a request that could not be served; log what is not the caller's to fix."""
    rejected = error if isinstance(error, Rejected) else _fault_of_ours(error, request.request_id)
    more = {"more": True} if len(rejected.errors) > MAX_ERRORS else {}
    errors = [{**row, "pointer": bounded_pointer(row["pointer"])} for row in rejected.errors[:MAX_ERRORS]]
    document = problem_document(
        rejected.code,
        rejected.message,
        request.request_id,
        docs_url=request.docs_url,
        errors=errors,
        extra={**rejected.extra, **more},
    )
    body = json.dumps(document, separators=(",", ":")).encode()
    return HttpResponse(document["status"], {"Content-Type": PROBLEM_TYPE, **rejected.headers}, body)


def _fault_of_ours(error: Exception, request_id: str) -> Rejected:
    if isinstance(error, Undelivered):
        # Its reason may name what the caller has nothing to do with.
        _LOGGER.log(
            logging.WARNING if error.retryable else logging.ERROR, "request %s is undeliverable: %s", request_id, error
        )
        if not error.retryable:
            return Rejected(Problem.UNDELIVERABLE, f"What this needs refuses. {_FOUND}")
        message = "What this needs can't be reached at the moment; try again, with the same Idempotency-Key for a POST."
        return Rejected(Problem.UNDELIVERABLE, message, headers={"Retry-After": "2"})
    if isinstance(error, Misconfigured):
        _LOGGER.error("request %s can't be served: %s %s", request_id, error, place_of_fault(error))
        return Rejected(Problem.MISCONFIGURED, f"{error} {_FOUND}")
    _LOGGER.error("request %s failed: %s", request_id, place_of_fault(error))
    return Rejected(Problem.INTERNAL, "This is our fault; it has been logged.")


def rejected_from_validation(faults: Iterable[Mapping[str, Any]]) -> Rejected:
    """Return the refusal of a request that its models do not take, each fault at its JSON Pointer."""
    return FaultyRequest([_fault(fault) for fault in islice(faults, MAX_ERRORS + 1)])


def _fault(fault: Mapping[str, Any]) -> dict[str, str]:
    kind = fault["type"]
    if kind in _OWN_FAULTS:
        code, message = kind, fault["msg"]
    elif kind == "string_pattern_mismatch":
        code, message = "pattern", _PATTERNS[fault["ctx"]["pattern"]]
    else:
        code, template = _FAULTS.get(kind, ("invalid", "Is not valid."))
        context = fault.get("ctx") or {}
        is_one = 1 in {context.get("min_length"), context.get("max_length")}
        message = template.format_map({**context, "s": "" if is_one else "s"})
    # A union's branches are no fields of the request, nor is what a fault of a key itself ends with.
    parts = [part for part in fault["loc"] if part not in UNION_BRANCHES]
    if code == "pattern" and parts[-1] == "[key]":
        parts.pop()
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
    return {"pointer": pointer, "code": code, "message": message}
