"""From sample events to fields: what was inferred, from how many values, and what became of everything else.

Nothing is dropped silently: a key without a field is kept in `_extra`, and listed with its place and the reason, and
so is every sample that the inferred revision would reject. The latter is not reckoned but found out, by the code that
takes events in.
"""

import json
from collections.abc import Sequence
from math import isinf
from typing import Any, Literal, NamedTuple

from domain.errors import Rejected
from domain.intake.events import read_events
from domain.intake.payload import EventTexts
from domain.intake.stamping import arrival_at, stamp
from domain.language.budget import UNLIMITED, Budget
from domain.language.fields import check_fields, fields_to_json
from domain.language.inference.counts import Counts
from domain.language.inference.guesses import Fit
from domain.language.inference.kinds import Kinds, check_pointers
from domain.language.inference.proposals import propose_kinds_by
from domain.language.inference.tree import RawField, Tree
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from schemas.codes import Problem
from schemas.items import RevisionDocument

MAX_LISTED_KEYS = 500
MAX_LISTED_SAMPLES = 100
MAX_LISTED_FAULTS = 10

_BEYOND_DOUBLES = 10**400


class Inferred(NamedTuple):
    """A tree in its stored form, and what the answer says of it."""

    fields: list[RawField]
    report: dict[str, Any]
    additional_keys: Literal["keep"]
    """What no field names was met in samples, or may be met in other events: it is not lost."""
    event_name: list[str]
    """Pointers whose first text names an event; none if no kinds were asked for."""


def infer_fields(
    samples: Sequence[dict[str, Any]],
    *,
    fit: Fit = "all",
    kinds_by: Sequence[str] = (),
    budget: Budget = UNLIMITED,
) -> Inferred:
    """Return the fields that samples suggest.

    Args:
        samples: parsed JSON objects, at least one.
        fit: `all` for fields that accept every sample; `most` for types that nearly all values of a key have.
        kinds_by: JSON Pointers at which events say of which kind they are, the one that says most last; keys that
            only some kinds have become fields with `when`.
        budget: what the inference may compute.

    Raises:
        Rejected: invalid_request at `/kinds_by` if `when` can't name these pointers, or at `/samples` if the samples
            suggest no fields, with what stood in the way; too_complex.
    """
    check_pointers(kinds_by)
    counts = Counts()
    for index, sample in enumerate(samples):
        budget.at(f"/samples/{index}").check()
        counts.add(sample, ((None, "samples"), index))
    kinds = Kinds(samples, kinds_by, budget)
    tree = Tree(fit)
    fields = tree.of(counts.events, kinds)
    if not fields:
        raise _nothing_inferred(tree.left_out)
    checked = fields_to_json(check_fields(fields, "/samples", budget=budget))
    refused = _refused(checked, samples, budget)
    report = {
        "samples": len(samples),
        "accepted": len(samples) - len(refused),
        "guesses": tree.guesses,
        "left_out": tree.left_out[:MAX_LISTED_KEYS],
        "left_out_count": len(tree.left_out),
        "refused": refused[:MAX_LISTED_SAMPLES],
        "refused_count": len(refused),
    }
    if not kinds_by and (proposed := propose_kinds_by(samples, budget)):
        report["proposed_kinds_by"] = proposed
    return Inferred(checked, report, "keep", kinds.pointers[::-1])


def _nothing_inferred(left_out: list[dict[str, Any]]) -> Rejected:
    message = "The samples suggest no fields: they need at least one key that a field can have."
    errors = [{"pointer": "/samples", "code": "nothing_inferred", "message": message}]
    errors += [
        {"pointer": row["pointer"], "code": "left_out", "message": row["reason"]} for row in left_out[:MAX_LISTED_KEYS]
    ]
    return Rejected(Problem.INVALID_REQUEST, message, errors=errors)


def _refused(fields: list[RawField], samples: Sequence[dict[str, Any]], budget: Budget) -> list[dict[str, Any]]:
    """Return the samples that ingest would refuse, each with its faults, by having it read them."""
    document = RevisionDocument(revision_id="rev_" + 26 * "0", edition=2, additional_keys="keep", fields=fields)
    revision = CompiledRevision(document)
    received_at, first_id = arrival_at(0)
    rows = []
    for index, sample in enumerate(samples):
        budget.at(f"/samples/{index}").check()
        # Half of a surrogate pair, which has no bytes, becomes its escape.
        texts = EventTexts("one", _text_of(sample).encode(errors="backslashreplace"))
        verdicts = read_events(revision, texts)
        stamp(revision, texts, verdicts, [first_id], received_at, None)
        (verdict,) = verdicts
        if isinstance(verdict, Refusal):
            errors = verdict.errors()
            row = {"index": index, "errors": errors[:MAX_LISTED_FAULTS]}
            rows.append(row | ({"more": True} if verdict.more or len(errors) > MAX_LISTED_FAULTS else {}))
    return rows


def _text_of(sample: dict[str, Any]) -> str:
    """Return a sample as JSON; a number that no double holds is written as one again."""
    try:
        return json.dumps(sample, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_without_infinity(sample), ensure_ascii=False)


def _without_infinity(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_infinity(member) for key, member in value.items()}
    if isinstance(value, list):
        return list(map(_without_infinity, value))
    if isinstance(value, float) and isinf(value):
        return _BEYOND_DOUBLES if value > 0 else -_BEYOND_DOUBLES
    return value
