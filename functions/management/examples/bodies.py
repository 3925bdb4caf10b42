"""Examples of bodies, by operation."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from functions.management.examples.names import ALERT_TARGET, ENVIRONMENT, REVISION

BODY_EXAMPLES: Mapping[str, Any] = MappingProxyType(
    {
        "change_organisation": {"name": "Acme", "plan": {"max_endpoints": 100, "over_limit": "reject"}},
        "change_any_organisation": {"plan": {"requests_per_month": 50_000_000}, "bounds": {"streams": 400}},
        "create_organisation": {"name": "Branch", "owner_email": "ann@example.com"},
        "invite_member": {"email": "eva@example.com", "role": "editor"},
        "change_member": {"role": "viewer"},
        "create_token": {"name": "CI", "role": "editor", "expires_at": "2099-01-01T00:00:00Z"},
        "create_endpoint": {"name": "Shop", "template": "segment"},
        "change_endpoint": {"name": "Shop of the North"},
        "create_revision": {
            "name": "From samples",
            "samples": [{"event": "view"}, {"event": "purchase", "price": 9.5}],
        },
        "change_revision": {"name": "Checkout 2", "additional_keys": "reject"},
        "replace_fields": {
            "fields": [
                {"key": "event", "type": "STRING", "rules": [{"rule": "one_of", "value": ["view", "purchase"]}]},
                {"key": "price", "type": "FLOAT", "presence": "optional"},
            ]
        },
        "validate_events": {"event": "purchase", "price": 9.5},
        "create_environment": {
            "name": "Production",
            "revision_id": REVISION,
            "destination": {"type": "s3", "managed": True},
            "allowed_origins": ["https://shop.example"],
            "write_keys": ["shop-web-2026"],
        },
        "try_destination": {
            "destination": {
                "type": "s3",
                "bucket": "my-events",
                "prefix": "raw/",
                "region": "eu-west-1",
                "role_arn": "arn:aws:iam::123456789012:role/ingest",
            }
        },
        "change_environment": {
            "on_invalid": "reject",
            "rate_limit": 500,
            "webhooks": [
                {"name": "stripe", "scheme": "stripe"},
                {"name": "github", "scheme": "github", "secrets": ["a-long-random-text", "the-one-it-replaces"]},
            ],
        },
        "deploy": {"revision_id": REVISION, "note": "Refunds", "canary": {"share": 10, "seconds": 3600}},
        "write_snippets": {"example": '{"event": "purchase", "price": 9.50}'},
        "put_custom_domain": {"domain": "events.example.com", "certificate": "managed"},
        "redrive_dead_letters": {"ids": ["3f1c8f0e-2f0b-4c55-9a53-0f0f3b1f7f10"]},
        "redrive_set_aside": {"environment_id": ENVIRONMENT, "dry_run": True},
        "create_tap": {"seconds": 600, "sample": 10, "only": {"outcome": "quarantined"}},
        "create_trial": {"environment_id": ENVIRONMENT, "source": "delivered", "sample": 50_000},
        "create_alert": {"kind": "rejected_share", "percent": 5, "minutes": 10, "targets": [ALERT_TARGET]},
        "change_alert": {"name": "Orders are rejected", "percent": 2.5, "targets": [ALERT_TARGET]},
        "create_alert_target": {"name": "On call", "kind": "webhook", "url": "https://hooks.example.com/alerts"},
        "change_alert_target": {"url": "https://hooks.example.com/ingest"},
        "rotate_alert_target_secret": {"keep_previous": True},
        "create_redrive": {
            "revision_id": REVISION,
            "filter": {"code": "type_float", "pointer": "/price"},
            "repairs": [{"kind": "number_from_text", "pointer": "/price"}],
            "dry_run": True,
        },
        "preview_redrive": {
            "revision_id": REVISION,
            "repairs": [
                {"kind": "rename_key", "pointer": "/items/*/prise", "to": "price"},
                {"kind": "set_value", "pointer": "/currency", "value": "EUR"},
            ],
        },
    }
)
