"""Examples of answers about what goes through environments, by model."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from functions.management.examples.environments import ADDRESS
from functions.management.examples.names import (
    CHANGED,
    CREATED,
    ENDPOINT,
    ENVIRONMENT,
    EVENT,
    NEXT_REVISION,
    ORGANISATION,
    PERSON,
    REDRIVE,
    REVISION,
    TAP,
    TRIAL,
    resource,
)
from schemas.models.custom_domain import CustomDomain
from schemas.models.operations import DeadLetter, DeadLetterWithBody, QueueState, SentAgain
from schemas.models.quarantine import QuarantinedEvent, QuarantinePage, Redrive, RedrivePreviewed
from schemas.models.set_aside import (
    NewerTable,
    SetAsideObject,
    SetAsideReason,
    SetAsideRedriven,
    SetAsideWithLines,
    SkippedObject,
)
from schemas.models.snippet import Snippet
from schemas.models.tap import Tap, TapList, TappedEvent, TappedEventPage
from schemas.models.trial import Trial, TrialSummary
from schemas.models.unknown_keys import UnknownKeys
from schemas.models.usage import Usage, UsageCodes

_DAY = {"from": "2026-11-24T00:00:00.000Z", "to": "2026-11-25T00:00:00.000Z"}
_REASON = {"reason": "Value … of field _received_at is outside the allowed bounds.", "events": 2}
_NAMED_ENVIRONMENT = {
    "id": ENVIRONMENT,
    "name": "Production",
    "endpoint_id": ENDPOINT,
    "endpoint_name": "Shop",
    "organisation_id": ORGANISATION,
    "organisation_name": "Acme",
}
_NEWER_TABLE = {"revision_id": NEXT_REVISION, "table": "shop_second_1f3c8f0e"}
_SET_ASIDE = {
    "id": f"{ENVIRONMENT}-2026-11-24-09-1f3c8f0e2f0b4c559a530f0f3b1f7f10",
    "environment_id": ENVIRONMENT,
    "environment": _NAMED_ENVIRONMENT,
    "hour": "2026-11-24T09:00:00Z",
    "events": 2,
    "bytes": 812,
    "reasons": [_REASON],
    "newer_tables": [_NEWER_TABLE],
}
_SKIPPED = {
    "id": f"{ENVIRONMENT}-2026-11-24-10-7a1d0b8f31b84be1a4f0c6d52f6f9c11",
    "reason": "It is not there; it may have been sent again.",
}
_QUARANTINED = {
    "event_id": EVENT,
    "received_at": "2026-11-24T09:12:44.518Z",
    "revision_id": REVISION,
    "event_name": "purchase",
    "index": 0,
    "errors": [{"pointer": "/price", "code": "type_float", "message": "Must be a number, not quoted."}],
    "more": False,
    "content_type": "application/json",
    "user_agent": "curl/8.5.0",
    "protocol": None,
    "source_ip": None,
    "raw": '{"event": "purchase", "price": "9.50"}',
    "raw_base64": None,
    "truncated": False,
    "raw_bytes": 38,
    "kept_bytes": 38,
    "protected": [],
    "redacted": False,
    "object": f"quarantine/environment={ENVIRONMENT}/dt=2026-11-24/hour=09/5f2c8a1d9e3b7046c1f8d2a5b9e07364.ndjson.gz",
}
_TAP = {
    **resource(TAP),
    "environment_id": ENVIRONMENT,
    "state": "running",
    "until": "2026-11-23T08:10:00.000Z",
    "seconds": 600,
    "sample": 10,
    "only": {"outcome": None, "code": None, "event_name": None},
    "protected": False,
    "who": dict(PERSON),
}
_TAPPED = {
    "at": "2026-11-23T08:03:12.518204Z",
    "event_id": EVENT,
    "index": 0,
    "outcome": "accepted",
    "errors": [],
    "more": False,
    "revision_id": REVISION,
    "event_name": "purchase",
    "raw": '{"event": "purchase", "price": 9.50, "colour": "red"}',
    "raw_base64": None,
    "raw_bytes": 53,
    "stored": {
        "event": "purchase",
        "price": 9.5,
        "_event_id": EVENT,
        "_received_at": "2026-11-23T08:03:12.518204Z",
        "_revision_id": REVISION,
    },
    "truncated": False,
    "protected": [],
    "redacted": False,
    "request": {
        "id": "f3c9520f-a30d-4ae4-b39c-e74d599efd9d",
        "method": "POST",
        "content_type": "application/json",
        "user_agent": "curl/8.5.0",
        "origin": None,
        "bytes": 53,
        "protocol": None,
    },
    "source_ip": None,
}
_TRIAL = {
    **resource(TRIAL, 5),
    "revision_id": NEXT_REVISION,
    "revision_version": 3,
    "environment_id": ENVIRONMENT,
    "running_revision_id": REVISION,
    "source": "delivered",
    "from": _DAY["from"],
    "to": _DAY["to"],
    "sample": 50_000,
    "state": "done",
    "reason": None,
    "objects_total": 24,
    "objects_done": 24,
    "objects_skipped": 0,
    "cut_short": False,
    "looked_at": 50_000,
    "accepted": 48_810,
    "invalid": 1_190,
    "newly_invalid": 1_190,
    "newly_accepted": 0,
    "left_out": 0,
    "who": dict(PERSON),
    "finished_at": CHANGED,
    "expires_at": "2026-11-30T08:00:00.000Z",
}
_REPAIR = {"kind": "number_from_text", "pointer": "/price", "to": None, "value": None}
_LETTER_BODY = f'{{"redrive_id":"{REDRIVE}","step":"plan"}}'
_LETTER = {
    "id": "3f1c8f0e-2f0b-4c55-9a53-0f0f3b1f7f10",
    "queue": "redrive",
    "sent_at": CHANGED,
    "bytes": len(_LETTER_BODY),
    "about": {"redrive_id": REDRIVE, "step": "plan"},
    "environment": None,
}

RUNNING_EXAMPLES: Mapping[type[BaseModel], Any] = MappingProxyType(
    {
        CustomDomain: {
            **resource("dom_01jdba2c8s4v9k1n6x3r7w5mtz", 2),
            "environment_id": ENVIRONMENT,
            "domain": "events.example.com",
            "address": "https://events.example.com/",
            "status": "active",
            "status_reason": None,
            "certificate": {
                "kind": "imported",
                "subject": "CN=events.example.com",
                "issuer": "CN=E7,O=Let's Encrypt,C=US",
                "sans": ["events.example.com"],
                "not_before": "2026-11-20T00:00:00.000Z",
                "expires_at": "2027-02-18T00:00:00.000Z",
                "fingerprint_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "publicly_trusted": True,
            },
            "proof": "record",
            "checked_at": None,
            "dns_records": [
                {
                    "type": "CNAME",
                    "name": "events.example.com",
                    "value": "d-a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
                    "purpose": "routing",
                    "automatic": False,
                }
            ],
            "warning": None,
        },
        Snippet: {
            "id": "curl",
            "label": "cURL",
            "language": "sh",
            "code": f"curl -sS '{ADDRESS}' \\\n  -H 'Content-Type: application/json' \\\n"
            '  --data-raw \'{"event": "view", "price": 1.5}\'\n',
        },
        Usage: {
            "from": "2026-11-24T08:00:00.000Z",
            "to": "2026-11-24T10:00:00.000Z",
            "slice": "hour",
            "series": [
                {"at": "2026-11-24T08:00:00.000Z", "requests": 1200, "accepted": 11950, "rejected": 50},
                {"at": "2026-11-24T09:00:00.000Z", "requests": 1350, "accepted": 13480, "rejected": 20},
            ],
            "totals": {"requests": 2550, "accepted": 25430, "rejected": 70},
        },
        Tap: _TAP,
        TapList: {"items": [_TAP], "next": None},
        TappedEvent: _TAPPED,
        TappedEventPage: {"items": [_TAPPED], "cursor": "4.0", "left_out": 1290, "dropped": 0, "state": "running"},
        TrialSummary: _TRIAL,
        Trial: {
            **_TRIAL,
            "unseen": ["dropped_keys"],
            "groups": [
                {
                    "code": "type_int",
                    "pointer": "/user/age",
                    "event_name": "purchase",
                    "count": 1_167,
                    "share": 0.9807,
                    "first_event_id": EVENT,
                    "was": "accepted",
                }
            ],
            "groups_left_out": 0,
            "columns": [{"column": "user.age", "filled": 0.98, "kinds": {"integer": 47_640, "string": 1_167}}],
            "columns_left_out": 0,
            "unknown_keys": [{"pointer": "/user/nick", "count": 500, "share": 0.01, "kinds": ["string"]}],
        },
        UnknownKeys: {
            "items": [
                {
                    "pointer": "/items/*/colour",
                    "count": 41,
                    "kinds": ["string"],
                    "first_seen": CREATED,
                    "last_seen": CHANGED,
                    "shape": "string",
                }
            ],
            "looked_at": 512,
        },
        UsageCodes: {
            **_DAY,
            "codes": [{"code": "type_float", "count": 48}, {"code": "required", "count": 22}],
        },
        QuarantinedEvent: _QUARANTINED,
        QuarantinePage: {
            **_DAY,
            "events": 48,
            "redriven": 0,
            "items": [
                {
                    "revision_id": REVISION,
                    "code": "type_float",
                    "pointer": "/price",
                    "count": 48,
                    "redriven": 0,
                    "first_seen": "2026-11-24T08:03:10.007Z",
                    "last_seen": "2026-11-24T09:12:44.518Z",
                    "trend": [*[0] * 8, 30, 18, *[0] * 14],
                }
            ],
            "trend_slice": "hour",
            "trend_from": _DAY["from"],
            "samples": [_QUARANTINED],
            "next": None,
        },
        RedrivePreviewed: {
            "items": [
                {
                    "event_id": EVENT,
                    "received_at": _QUARANTINED["received_at"],
                    "revision_id": REVISION,
                    "before": '{"event": "purchase", "price": "9.50"}',
                    "after": '{"event": "purchase", "price": 9.50}',
                    "truncated": False,
                    "changed_by": [0],
                    "outcome": "valid",
                    "errors": [],
                    "more": False,
                }
            ]
        },
        Redrive: {
            **resource(REDRIVE, 4),
            "environment_id": ENVIRONMENT,
            "revision_id": NEXT_REVISION,
            "filter": {"code": "type_float", "pointer": "/price", "revision": None, "event_name": None, **_DAY},
            "dry_run": False,
            "state": "done",
            "reason": None,
            "objects_total": 3,
            "objects_done": 3,
            "matched": 48,
            "truncated": 0,
            "valid": 46,
            "sent": 46,
            "invalid": 2,
            "codes": [{"code": "required", "count": 2}],
            "repairs": [{**_REPAIR, "changed": 46, "unchanged": 2}],
            "repaired": 46,
            "who": dict(PERSON),
            "finished_at": CHANGED,
        },
        QueueState: {"name": "redrive", "waiting": 0, "dead_letters": 1},
        DeadLetter: _LETTER,
        DeadLetterWithBody: {**_LETTER, "body": _LETTER_BODY},
        SetAsideReason: _REASON,
        NewerTable: _NEWER_TABLE,
        SetAsideObject: _SET_ASIDE,
        SkippedObject: _SKIPPED,
        SetAsideRedriven: {"dry_run": False, "objects": 1, "events": 2, "skipped": [_SKIPPED], "next": None},
        SetAsideWithLines: {
            **_SET_ASIDE,
            "lines": [f'{{"event_id":"{EVENT}","reason":"outside the partition window","event":{{}}}}'],
        },
        SentAgain: {"queue": "redrive", "sent": 1, "left": 0},
    }
)
