"""Templates."""

from typing import Any

from ingestctl.session import JsonFlag, opened

TEMPLATE_HELP = "What it starts from: a name that `ingestctl templates` lists."


def templates(as_json: JsonFlag = False) -> None:
    """List what an endpoint or a revision can start from."""
    with opened(as_json) as session:
        rows = list(session.api.pages("/v1/templates"))
        if as_json:
            session.output.json(rows)
        else:
            session.output.table(("Template", "Takes a plan", "Fits"), [_row(row) for row in rows])


def _row(template: dict[str, Any]) -> tuple[str, str, str]:
    return template["name"], "yes" if template["typed"] else "no", template["about"]
