"""The report of an examination: for people as Markdown, for programs as JSON; fit to be attached to an issue."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ingestctl.doctor.examination import Result

_SECRETS = re.compile(r"iet_[A-Za-z0-9_-]+|A[KS]IA[A-Z0-9]{12,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]+")
_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_MARKS = {"passed": "pass", "failed": "FAIL", "skipped": "skip"}
MAX_DETAIL_CHARS = 600


def without_secrets(text: str) -> str:
    """Return a text without tokens, keys and account numbers, on one line, cut to a bounded length."""
    text = _ACCOUNT.sub("<account>", _SECRETS.sub("<secret>", " ".join(text.split())))
    return text if len(text) <= MAX_DETAIL_CHARS else f"{text[:MAX_DETAIL_CHARS]} …"


def counts_of(results: Sequence[Result]) -> dict[str, int]:
    return {state: sum(result.state == state for result in results) for state in ("passed", "failed", "skipped")}


def as_document(about: Mapping[str, str], results: Sequence[Result]) -> dict[str, Any]:
    """Return `{"about", "passed", "failed", "skipped", "checks": [{"name", "promise", "state", …}]}`."""
    return {
        "about": {name: without_secrets(value) for name, value in about.items()},
        **counts_of(results),
        "checks": [
            {
                "name": result.name,
                "promise": result.promise,
                "state": result.state,
                "detail": without_secrets(result.detail),
                "remedy": without_secrets(result.remedy),
                "seconds": result.seconds,
            }
            for result in results
        ],
    }


def as_markdown(about: Mapping[str, str], results: Sequence[Result]) -> str:
    """Return the report as a page: what was examined, what failed and what to do, then every check."""
    document = as_document(about, results)
    lines = ["# Verification of a deployment", ""]
    lines += [f"- {name}: {value}" for name, value in document["about"].items()]
    lines += ["", f"**{document['passed']} passed, {document['failed']} failed, {document['skipped']} skipped.**", ""]
    failed = [row for row in document["checks"] if row["state"] == "failed"]
    if failed:
        lines += ["## What failed", ""]
        for row in failed:
            lines.append(f"- **{row['name']}**: {row['promise']} {row['detail']}")
            if row["remedy"]:
                lines.append(f"  What to do: {row['remedy']}")
        lines.append("")
    lines += ["## Every check", "", "| | check | promise | what was seen | s |", "|---|---|---|---|---|"]
    for row in document["checks"]:
        cells = (_MARKS[row["state"]], row["name"], row["promise"], row["detail"], f"{row['seconds']:.1f}")
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"
