"""How much of real JSON Schemas becomes fields: every webhook of a code host, and JSON Schema's own metaschemas.

With folders as arguments: the schemas in their files instead.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from jsonschema import Draft7Validator
from jsonschema_specifications import REGISTRY

from domain.errors import Rejected
from domain.language.json_schema_import import Imported, import_json_schema
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from domain.validation.written import document_of
from schemas.data_types import DataType
from schemas.places import path_of

_OCTOKIT = Path(__file__).parents[1] / "node_modules" / "@octokit"
WEBHOOKS = _OCTOKIT / "webhooks-schemas" / "schema.json"
EXAMPLES = _OCTOKIT / "webhooks-examples"


def webhook_schemas() -> dict[str, dict[str, Any]]:
    """Return a JSON Schema for every kind of webhook and action, all with the same definitions."""
    whole = json.loads(WEBHOOKS.read_text("utf-8"))
    definitions = whole["definitions"]
    return {
        name: {"$schema": whole["$schema"], "$ref": f"#/definitions/{name}", "definitions": definitions}
        for name in definitions
        if "$" in name
    }


def metaschemas() -> dict[str, dict[str, Any]]:
    """Return the metaschemas of all drafts, and their vocabularies."""
    return {uri: REGISTRY.contents(uri) for uri in REGISTRY}


def imported(schemas: dict[str, dict[str, Any]]) -> Iterator[tuple[str, Imported | None]]:
    """Yield what became of each: None where nothing could be taken over."""
    for name, schema in schemas.items():
        try:
            yield name, import_json_schema(schema)
        except Rejected:
            yield name, None


def recorded() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the code host sent, of all its editions: the name of its schema, and the payload."""
    for index in sorted(EXAMPLES.glob("*/index.json")):
        for kind in json.loads(index.read_text("utf-8")):
            for payload in kind["examples"]:
                yield f"{kind['name']}${payload.get('action', 'event')}", payload


def compiled(made: Imported) -> CompiledRevision:
    """Return what events of an import are validated by."""
    return CompiledRevision(
        {"revision_id": "r", "edition": 2, "additional_keys": made.additional_keys, "fields": made.fields}
    )


def restored(fields: list[dict[str, Any]], stored: dict[str, Any]) -> dict[str, Any]:
    """Return the event of a stored document: each value where it stood, those of several fields once."""
    event: dict[str, Any] = {}
    for field in fields:
        if field["key"] not in stored:
            continue
        value = stored[field["key"]]
        if field["type"] == DataType.OBJECT:
            value = restored(field["fields"], value)
        elif field["type"] == DataType.ARRAY_OBJECT:
            value = [restored(field["fields"], element) for element in value]
        *steps, last = path_of(field)
        parent = event
        for step in steps:
            parent = parent.setdefault(step, {})
        parent[last] = value
    return event


def comparable(value: Any) -> Any:
    """Return a value without keys that are null, and its moments as seconds, in whatever offset they stand."""
    if isinstance(value, dict):
        return {key: comparable(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [comparable(element) for element in value]
    if isinstance(value, str) and value[4:5] == "-" and "T" in value[10:11]:
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            return value
    return value


def holds(stored: Any, sent: Any) -> bool:
    """Say whether all that was sent is there; defaults are, too."""
    if isinstance(sent, dict) and isinstance(stored, dict):
        return all(key in stored and holds(stored[key], member) for key, member in sent.items())
    if isinstance(sent, list) and isinstance(stored, list):
        return len(sent) == len(stored) and all(map(holds, stored, sent))
    return bool(stored == sent)


class Tally(NamedTuple):
    """What became of payloads: those that fit their schema, and of these the accepted and the wholly stored ones."""

    sent: int
    fitting: int
    accepted: int
    whole: int


def tally(results: Mapping[str, Imported | None], payloads: Iterable[tuple[str, dict[str, Any]]]) -> Tally:
    """Validate each payload by its schema, formats too, and by the schema's import."""
    schemas = webhook_schemas()
    checkers: dict[str, tuple[Draft7Validator, CompiledRevision]] = {}
    counts = Counter[str]()
    for name, payload in payloads:
        made = results.get(name)
        counts["sent"] += 1
        if made is None:
            continue
        if name not in checkers:
            validator = Draft7Validator(schemas[name], format_checker=Draft7Validator.FORMAT_CHECKER)
            checkers[name] = validator, compiled(made)
        validator, revision = checkers[name]
        if not validator.is_valid(payload):
            continue
        counts["fitting"] += 1
        text = json.dumps(payload).encode()
        verdict = revision.read_event(text)
        if isinstance(verdict, Refusal):
            continue
        counts["accepted"] += 1
        counts["whole"] += holds(comparable(restored(made.fields, document_of(verdict))), comparable(payload))
    return Tally(counts["sent"], counts["fitting"], counts["accepted"], counts["whole"])


def grade(made: Imported | None) -> str:
    if made is None:
        return "nothing"
    return ("exact" if made.is_exact else "complete") if not made.lost else "partly"


def _print_share(title: str, schemas: dict[str, dict[str, Any]]) -> dict[str, Imported | None]:
    started = perf_counter()
    results = dict(imported(schemas))
    milliseconds = 1_000 * (perf_counter() - started) / len(results)
    grades = Counter(map(grade, results.values()))
    print(f"{title}: {len(results)} schemas, {milliseconds:.1f} ms each; {dict(grades)}")
    reasons: Counter[tuple[str, str]] = Counter()
    touched: Counter[tuple[str, str]] = Counter()
    for made in filter(None, results.values()):
        rows = [(row.keyword, row.reason) for row in made.unmapped]
        reasons.update(rows)
        touched.update(set(rows))
    for (keyword, reason), count in reasons.most_common():
        print(f"  {count:6} rows in {touched[keyword, reason]:3} schemas  {keyword}: {reason}")
    fields = [_count(made.fields) for made in results.values() if made]
    print(f"  {sum(fields) / max(1, len(fields)):.0f} fields on average, {max(fields, default=0)} at most")
    return results


def _count(fields: list[dict[str, Any]]) -> int:
    return sum(1 + _count(field.get("fields", [])) for field in fields)


def schemas_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas of objects that stand in a folder's files, each by its path."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        if isinstance(schema, dict) and schema.keys() & {"$schema", "properties", "$ref", "oneOf", "anyOf", "allOf"}:
            found[str(path.relative_to(folder))] = schema
    return found


if __name__ == "__main__":
    folders = [Path(name) for name in sys.argv[1:]]
    for folder in folders:
        _print_share(str(folder), schemas_in(folder))
    if not folders:
        print(tally(_print_share("Webhooks", webhook_schemas()), recorded()))
        _print_share("Metaschemas", metaschemas())
