"""Examples of answers about environments, what they run, and checks of where they deliver, by model."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from functions.management.examples.names import (
    CHANGED,
    CREATED,
    DEPLOYMENT,
    ENDPOINT,
    ENVIRONMENT,
    NEXT_REVISION,
    PERSON,
    REVISION,
    resource,
)
from schemas.models.destination import DestinationCheck
from schemas.models.environment import Deployment, Environment

ADDRESS = f"https://in.example.com/e/{ENVIRONMENT}"

ENVIRONMENT_EXAMPLES: Mapping[type[BaseModel], Any] = MappingProxyType(
    {
        Environment: {
            **resource(ENVIRONMENT, 2),
            "endpoint_id": ENDPOINT,
            "name": "Production",
            "revision_id": REVISION,
            "deployed_at": CHANGED,
            "destination": {"type": "s3", "managed": True},
            "on_invalid": "quarantine",
            "allowed_origins": ["https://shop.example"],
            "write_keys": ["shop-web-2026"],
            "webhooks": [
                {
                    "name": "stripe",
                    "scheme": "stripe",
                    "secrets_set": 2,
                    "secrets_changed_at": CHANGED,
                    "address": f"{ADDRESS}/hooks/stripe",
                }
            ],
            "rate_limit": None,
            "streams": 1,
            "buffer_seconds": None,
            "store_addresses": False,
            "quarantine_protected": False,
            "taps": "on",
            "status": "active",
            "status_reason": None,
            "address": ADDRESS,
            "custom_domain": "events.example.com",
            "canary": {
                "deployment_id": DEPLOYMENT,
                "revision_id": NEXT_REVISION,
                "share": 10,
                "until": "2026-11-24T10:30:12.000Z",
            },
            "delivery_error": {
                "reason": "The target answered 503.",
                "since": "2026-11-24T09:30:12.000Z",
                "at": "2026-11-24T09:41:40.000Z",
                "recovered_at": "2026-11-24T09:44:02.000Z",
            },
        },
        Deployment: {
            **resource(DEPLOYMENT),
            "environment_id": ENVIRONMENT,
            "revision_id": NEXT_REVISION,
            "who": dict(PERSON),
            "when": CREATED,
            "note": "Refunds",
            "replaced": REVISION,
            "left_out_of_view": [],
            "left_out_by_kind": {},
            "columns_apart": [],
            "canary": {
                "share": 10,
                "seconds": 3600,
                "max_extra_refused": 1.0,
                "until": "2026-11-24T10:30:12.000Z",
                "state": "running",
                "reason": None,
                "ended_at": None,
                "ended_by": None,
                "compared": {
                    "canary": {"events": 1204, "refused": 14, "refused_share": 1.16},
                    "current": {"events": 10930, "refused": 120, "refused_share": 1.1},
                },
            },
        },
        DestinationCheck: {
            "ok": True,
            "reason": None,
            "checks": [
                {"name": "role", "reason": None, "state": "passed"},
                {"name": "write", "reason": None, "state": "passed"},
            ],
        },
    }
)
"""Examples for the OpenAPI document."""
