"""From a plan of events to fields: a protocol's template, and for each event a field for what it alone has."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from domain.errors import FaultyRequest, Rejected
from domain.language.budget import UNLIMITED, Budget
from domain.language.field_keys import stored_keys
from domain.language.fields import check_fields, fields_to_json
from domain.language.inference import infer_fields
from domain.language.json_schema_import import MAX_LISTED, import_value
from domain.language.patterns import Patterns
from domain.language.templates.template import RawField, Template, TypedPlace
from schemas.codes import Problem
from schemas.data_types import DataType, Presence
from schemas.limits import MAX_EVENTS_PER_REQUEST
from schemas.places import pointer_of

_CONTENT = "content"
"""Under which samples of what an event alone has are inferred, so that they are as deep as they will be."""
_LISTS = ("lost", "unmapped", "left_out", "refused")


class Planned(NamedTuple):
    """A tree in its stored form, and what the answer says of each event of the plan."""

    fields: list[RawField]
    report: list[dict[str, Any]]


def planned_fields(template: Template, plan: Mapping[str, Any], budget: Budget = UNLIMITED) -> Planned:
    """Return the fields of a template, and one with `when` for each event that a plan names.

    Args:
        template: of a protocol whose events have names.
        plan: by an event's name a JSON Schema of what it alone has, or a list of samples of that; parsed JSON.
        budget: what all of it may compute.

    Raises:
        Rejected: invalid_request, each fault at `/plan` or within; too_complex, with the place.
    """
    if template.typed is None:
        raise _refused("/plan", "conflict", "Events of this template have no names that a plan could tell apart.")
    keys = stored_keys([*(field["key"] for field in template.fields), *plan], 1)[len(template.fields) :]
    patterns = Patterns(budget)
    made, report = [], []
    for key, (event, said) in zip(keys, plan.items(), strict=True):
        content, row = _content(event, said, patterns, budget)
        made.append(_typed(key, event, content, template.typed))
        report.append({"event": event, "key": key, **row})
    fields = [*template.fields, *made]
    places = {f"/fields/{index}": _place(event) for index, event in enumerate(plan, len(template.fields))}
    with _faults_at({**places, "/fields": "/plan"}, are_inside=False):
        checked = check_fields(fields, patterns=patterns, budget=budget)
    return Planned(fields_to_json(checked), _bounded(report))


def _content(event: str, said: Any, patterns: Patterns, budget: Budget) -> tuple[RawField, dict[str, Any]]:
    """Return type, rules and fields of what an event alone has, and what is reported of them."""
    place = _place(event)
    if isinstance(said, dict):
        with _faults_at({"/json_schema": place}):
            imported = import_value(said, patterns, budget)
        (field,) = imported.fields
        if field["type"] not in {DataType.OBJECT, DataType.JSON}:
            raise _refused(place, "nothing_mapped", "The JSON Schema has to describe an object.")
        return field, {"import": imported.report()}
    if not isinstance(said, list):
        raise _refused(place, "type", "Must be a JSON Schema, or an array of samples.")
    if not 1 <= len(said) <= MAX_EVENTS_PER_REQUEST:
        code = "max_items" if said else "min_items"
        raise _refused(place, code, f"Must be 1 to {MAX_EVENTS_PER_REQUEST:,} samples.")
    for index, sample in enumerate(said):
        if not isinstance(sample, dict):
            raise _refused(f"{place}/{index}", "type", "Must be an object: a sample of what the event alone has.")
    with _faults_at({"/samples": place}):
        inferred = infer_fields([{_CONTENT: sample} for sample in said], budget=budget)
    (field,) = inferred.fields
    return field, {"inference": _report_of(inferred.report, place)}


def _report_of(report: dict[str, Any], place: str) -> dict[str, Any]:
    """Return the report of an inference as if its samples had been whole events."""
    inside = f"{_CONTENT}."
    guesses = [row | {"path": row["path"].removeprefix(inside)} for row in report["guesses"] if row["path"] != _CONTENT]
    left_out = [
        row | {"path": row["path"].removeprefix(inside), "pointer": _in_plan(row["pointer"], place)}
        for row in report["left_out"]
    ]
    refused = [
        row
        | {"errors": [error | {"pointer": _moved(error["pointer"], {f"/{_CONTENT}": ""})} for error in row["errors"]]}
        for row in report["refused"]
    ]
    told = {name: value for name, value in report.items() if name != "proposed_kinds_by"}
    return {**told, "guesses": guesses, "left_out": left_out, "refused": refused}


def _in_plan(pointer: str, place: str) -> str:
    """Return where in a plan a key stands that has a pointer such as `/samples/0/content/price`."""
    _, _, index, _, *keys = pointer.split("/")
    return "/".join([place, index, *keys])


def _typed(key: str, event: str, content: RawField, typed: TypedPlace) -> RawField:
    """Return the field of one event: required if anything in it is."""
    is_required = any(field["presence"] == Presence.REQUIRED for field in content.get("fields", ()))
    presence = Presence.REQUIRED if is_required else Presence.OPTIONAL
    place = {} if typed.content == key else {"from": typed.content}
    own = {name: value for name, value in content.items() if name not in {"key", "presence"}}
    return {**own, "key": key, **place, "presence": presence.value, "when": {typed.name: [event]}}


def _bounded(report: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the report with as many rows of what was not taken over as one import lists; their counts stay."""
    room = MAX_LISTED
    for row in report:
        said = row.get("import") or row["inference"]
        for name in _LISTS:
            if name in said:
                said[name] = said[name][:room]
                room -= len(said[name])
    return report


def _place(event: str) -> str:
    return "/plan" + pointer_of((event,))


@contextmanager
def _faults_at(places: Mapping[str, str], *, are_inside: bool = True) -> Iterator[None]:
    """Tell faults by where they stand in the plan: `places` has other beginnings of their pointers.

    What follows a beginning is left out where the plan has nothing there (`are_inside`).
    """
    try:
        yield
    except Rejected as rejected:
        errors = [
            {**error, "pointer": _moved(error["pointer"], places, is_inside=are_inside)} for error in rejected.errors
        ]
        if isinstance(rejected, FaultyRequest):
            raise FaultyRequest(errors, extra=rejected.extra) from rejected
        raise Rejected(rejected.code, rejected.message, errors=errors, extra=rejected.extra) from rejected


def _moved(pointer: str, places: Mapping[str, str], *, is_inside: bool = True) -> str:
    for begins, place in places.items():
        if pointer == begins or pointer.startswith(f"{begins}/"):
            return place + pointer.removeprefix(begins) if is_inside else place
    return pointer


def _refused(pointer: str, code: str, message: str) -> Rejected:
    return Rejected(Problem.INVALID_REQUEST, message, errors=[{"pointer": pointer, "code": code, "message": message}])
