"""How much of real JSON Schemas becomes fields: every webhook of a code host, and JSON Schema's own metaschemas."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from jsonschema_specifications import REGISTRY

from domain.errors import Rejected
from domain.language.json_schema_import import Imported, import_json_schema

WEBHOOKS = Path(__file__).parents[1] / "node_modules" / "@octokit" / "webhooks-schemas" / "schema.json"


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


def grade(made: Imported | None) -> str:
    if made is None:
        return "nothing"
    keywords = {row.keyword for row in made.unmapped}
    return "partly" if keywords - {"format"} else "whole, but for `format`" if keywords else "whole"


def _print_share(title: str, schemas: dict[str, dict[str, Any]]) -> None:
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


def _count(fields: list[dict[str, Any]]) -> int:
    return sum(1 + _count(field.get("fields", [])) for field in fields)


if __name__ == "__main__":
    _print_share("Webhooks", webhook_schemas())
    _print_share("Metaschemas", metaschemas())
