"""Log shippers."""

from typing import Any

from tests.sdks.cases.shape import Sdk, optional

_LINES_SCHEMA = [
    *(optional(key, "STRING") for key in ("level", "message", "mark")),
    optional("amount", "INT"),
]
_LINES = [
    {"level": "info", "message": "ordered", "mark": "mark-0", "amount": 7},
    {"level": "error", "message": "Käse", "mark": "mark-1", "amount": 8},
]


def _shipper(sender: str, **more: Any) -> Sdk:
    invalid = {"level": "info", "message": "ordered", "mark": "mark-bad", "amount": "much"}
    return Sdk(
        sender, "ndjson", _LINES_SCHEMA, _LINES, lambda call: call, invalid, has_ids=False, sends_key=False, **more
    )


SDKS = [
    _shipper("winston.mjs", repeats=False),
    _shipper("pino_http_send.mjs"),
    _shipper("syslog_ng.py", found_by=("syslog-ng", "--version")),
]
