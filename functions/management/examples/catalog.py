"""Examples of answers about people, endpoints and revisions, by model."""

from collections.abc import Mapping
from sys import float_info
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from domain.access.bounds import DEFAULT_BOUNDS
from functions.management.examples.names import (
    CHANGED,
    CREATED,
    EDITOR,
    ENDPOINT,
    FIELDS,
    ORGANISATION,
    OWNER,
    PERSON,
    REVISION,
    TOKEN,
    resource,
)
from schemas.models.audit import AuditEntry
from schemas.models.diff import RevisionDiff
from schemas.models.endpoint import Endpoint
from schemas.models.invitation import Invitation
from schemas.models.me import Me, Membership
from schemas.models.member import Member, MemberInvited
from schemas.models.organisation import Organisation, OrganisationMade
from schemas.models.revision import CreatedRevision, DryRun, Revision, RevisionWithFields
from schemas.models.revision_document import (
    RevisionBigQuerySchema,
    RevisionExample,
    RevisionJsonSchema,
    RevisionTypes,
)
from schemas.models.template import Template
from schemas.models.token import Token, TokenMade

_TYPES = """\
/* eslint-disable */
// Events of an ingest endpoint, as they are sent. Made by `ingestctl types`: change the revision, not this file.
// With the client: createClient<Event>({ address }). A key that may be missing may be null as well.
// Keys that are not listed are dropped.

export interface Event {
  event: "view" | "purchase";
  /** In euros. */
  price?: number | null | undefined;
}
"""
_SECRET = "iet_Zk3vX9w2Lm5tQ7yR1bN6n8pA4cE0fH2jK5sU8xW1dGo"  # noqa: S105 - nobody's
_FIRST_TOKEN = {"token": _SECRET, "token_expires_at": "2026-11-30T08:00:00.004Z"}
_OWNER = {**resource(OWNER), "email": "ann@example.com", "role": "owner", "invited_by": None, "accepted_at": CREATED}
_INVITED = {
    **resource(EDITOR),
    "email": "eva@example.com",
    "role": "editor",
    "invited_by": "ann@example.com",
    "accepted_at": None,
}
_EDITOR = {**_INVITED, "accepted_at": CHANGED}
_MEMBERSHIP = {"id": ORGANISATION, "name": "Acme", "role": "owner"}
_ORGANISATION = {
    **resource(ORGANISATION, 2),
    "name": "Acme",
    "plan": {
        "name": "Team",
        "requests_per_month": 50_000_000,
        "bytes_per_month": None,
        "max_endpoints": 100,
        "over_limit": "reject",
    },
    "limits": {
        "endpoints": {"used": 4, "limit": 100, "share": 0.04},
        "environments": {"used": 10, "limit": 200, "share": 0.05},
        "streams": {"used": 12, "limit": 400, "share": 0.03},
        "domains": {"used": 1, "limit": 20, "share": 0.05},
        "secrets": {"used": 2, "limit": 200, "share": 0.01},
        "certificates": {"used": 1, "limit": 50, "share": 0.02},
        "changes": {"used": 3, "limit": 300, "share": 0.01},
        "requests": {"used": 12_500_000, "limit": 50_000_000, "share": 0.25},
        "bytes": {"used": 9_875_000_000, "limit": None, "share": None},
    },
}
_TOKEN = {
    **resource(TOKEN),
    "member_id": OWNER,
    "name": "CI",
    "role": "editor",
    "expires_at": "2099-01-01T00:00:00.000Z",
    "parent_id": None,
    "last_used_on": "2026-11-24",
}
_REVISION = {
    **resource(REVISION, 3),
    "endpoint_id": ENDPOINT,
    "name": "Checkout",
    "state": "finalised",
    "additional_keys": "drop",
    "event_name": ["/event"],
    "parent_id": None,
    "field_count": len(FIELDS),
    "finalised_at": CHANGED,
}
_FIELDS = [dict(field) for field in FIELDS]
_INFERRED = [
    {"key": "event", "type": "STRING", "presence": "required"},
    {"key": "price", "type": "FLOAT", "presence": "optional"},
]
_INFERENCE = {
    "samples": 2,
    "accepted": 2,
    "guesses": [
        {
            "path": "event",
            "type": "STRING",
            "presence": "required",
            "confidence": "low",
            "why": "All 2 values are strings.",
            "objects": 2,
            "values": 2,
            "nulls": 0,
            "missing": 0,
            "kinds": {"string": 2},
        },
        {
            "path": "price",
            "type": "FLOAT",
            "presence": "optional",
            "confidence": "low",
            "why": "1 of 1 values is a number.",
            "objects": 2,
            "values": 1,
            "nulls": 0,
            "missing": 1,
            "kinds": {"number": 1},
        },
    ],
    "left_out": [],
    "left_out_count": 0,
    "refused": [],
    "refused_count": 0,
}

CATALOG_EXAMPLES: Mapping[type[BaseModel], Any] = MappingProxyType(
    {
        Me: {
            "member": {"id": OWNER, "email": "ann@example.com"},
            "role": "owner",
            "organisation": {"id": ORGANISATION, "name": "Acme"},
            "organisations": [_MEMBERSHIP],
            "invitations": 0,
            "deployment_account": "210987654321",
            "operator": True,
        },
        Membership: _MEMBERSHIP,
        Invitation: {
            "id": EDITOR,
            "organisation": {"id": ORGANISATION, "name": "Acme"},
            "role": "editor",
            "invited_by": "ann@example.com",
            "invited_at": CREATED,
        },
        Organisation: _ORGANISATION,
        OrganisationMade: {
            **resource(ORGANISATION),
            "name": "Branch",
            "plan": {
                "name": "Unlimited",
                "requests_per_month": None,
                "bytes_per_month": None,
                "max_endpoints": None,
                "over_limit": "accept",
            },
            "limits": {
                **{name: {"used": 0, "limit": bound, "share": 0.0} for name, bound in DEFAULT_BOUNDS.items()},
                **{name: {"used": 0, "limit": None, "share": None} for name in ("requests", "bytes")},
            },
            "owner": _OWNER,
            **_FIRST_TOKEN,
        },
        Member: _EDITOR,
        MemberInvited: {**_INVITED, **_FIRST_TOKEN},
        Token: _TOKEN,
        TokenMade: {**_TOKEN, "last_used_on": None, "token": _SECRET},
        AuditEntry: {
            "id": "aud_01jdb9x5m3e8k1q7v4z2r6c9tw",
            "at": CHANGED,
            "action": "revision.finalise",
            "subject": {"type": "revision", "id": REVISION, "name": "With vouchers", "endpoint_id": ENDPOINT},
            "actor": dict(PERSON),
            "source_ip": "203.0.113.7",
            "before": {"state": "draft"},
            "after": {"state": "finalised"},
        },
        Template: {
            "name": "segment",
            "title": "Segment, RudderStack, Jitsu",
            "about": "Calls of the Segment, RudderStack and Jitsu SDKs: track, identify, page, screen, group, alias.",
            "page": "protocols/segment.md",
            "field_count": 25,
            "additional_keys": "keep",
            "event_name": ["/event", "/type"],
            "typed": {"name": "/event", "content": "properties"},
        },
        Endpoint: {**resource(ENDPOINT), "name": "Shop", "environments": 2},
        Revision: _REVISION,
        RevisionWithFields: {**_REVISION, "fields": _FIELDS},
        CreatedRevision: {
            **_REVISION,
            **resource(REVISION),
            "name": "From samples",
            "state": "draft",
            "finalised_at": None,
            "fields": _INFERRED,
            "inference": _INFERENCE,
        },
        DryRun: {
            "results": [
                {
                    "index": 0,
                    "outcome": "accepted",
                    "errors": [],
                    "stored": {"event": "purchase", "price": 9.5},
                    "dropped": ["/coupon"],
                },
                {
                    "index": 1,
                    "outcome": "rejected",
                    "errors": [{"pointer": "/price", "code": "type_float", "message": "Must be a number, not quoted."}],
                    "stored": None,
                },
            ]
        },
        RevisionJsonSchema: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Checkout",
            "$comment": "Ingest refuses as well: events of over 1,000,000 bytes as they would be stored, JSON nested "
            "over 64 levels, and in what is kept as JSON numbers that neither 64 bits nor a double hold. A null "
            "key counts as missing. Whole numbers are told by their text.",
            "type": "object",
            "properties": {
                "event": {"type": "string", "enum": ["view", "purchase"]},
                "price": {
                    "description": "In euros.",
                    "type": ["number", "null"],
                    "minimum": -float_info.max,
                    "maximum": float_info.max,
                },
            },
            "required": ["event"],
            "additionalProperties": True,
        },
        RevisionTypes: {
            "language": "typescript",
            "file_name": "events.ts",
            "code": _TYPES,
        },
        RevisionBigQuerySchema: {
            "fields": [
                {"name": "_event_id", "type": "STRING", "mode": "REQUIRED", "description": "The event's own id."},
                {
                    "name": "_received_at",
                    "type": "TIMESTAMP",
                    "mode": "REQUIRED",
                    "description": "When the request arrived.",
                },
                {
                    "name": "_revision_id",
                    "type": "STRING",
                    "mode": "REQUIRED",
                    "description": "The revision that validated the event.",
                },
                {"name": "event", "type": "STRING", "mode": "REQUIRED"},
                {"name": "price", "type": "FLOAT64", "mode": "NULLABLE", "description": "In euros."},
            ]
        },
        RevisionExample: {"example": {"event": "view", "price": 1.5}},
        RevisionDiff: {
            "class": "breaking",
            "changes": [
                {
                    "path": "price",
                    "change": "changed",
                    "class": "breaking",
                    "before": {"presence": "optional"},
                    "after": {"presence": "required"},
                    "why": "Events without this key would be refused. The column could be empty, and is always filled "
                    "from now on.",
                }
            ],
        },
    }
)
