"""Examples of answers about alerts, by model."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from functions.management.examples.names import ALERT, ALERT_TARGET, CHANGED, CREATED, ENVIRONMENT, resource
from schemas.models.alert import (
    Alert,
    AlertList,
    AlertTarget,
    AlertTargetList,
    AlertTargetMade,
    AlertTested,
    FiringAlert,
    FiringAlertList,
    Tested,
    Told,
)

_HEALTH = {"last_success_at": CHANGED, "last_error": None, "last_error_at": None}
_TEXT = "12.4 % of 3,400 events were rejected in the last 10 minutes; the limit is 5 %."
_TOLD = {
    "target_id": ALERT_TARGET,
    "name": "On call",
    "message": "firing",
    "status": "sent",
    "tries": 1,
    **_HEALTH,
}
_ALERT = {
    **resource(ALERT),
    "environment_id": ENVIRONMENT,
    "name": None,
    "kind": "rejected_share",
    "percent": 5,
    "minutes": 10,
    "min_events": 10,
    "days": None,
    "targets": [ALERT_TARGET],
    "state": "firing",
    "since": CHANGED,
    "text": _TEXT,
    "last_sent": CHANGED,
    "evaluated_at": CHANGED,
    "told": [_TOLD],
}
_TARGET = {
    **resource(ALERT_TARGET),
    "name": "On call",
    "kind": "webhook",
    "email": None,
    "url": "https://hooks.example.com/alerts",
    "secret_changed_at": CREATED,
    "subscription": None,
    **_HEALTH,
}
_TESTED = {"target_id": ALERT_TARGET, "name": "On call", "sent": False, "error": "The receiver answered 503."}
_FIRING = {
    "id": ALERT,
    "environment_id": ENVIRONMENT,
    "name": "Rejected events",
    "kind": "rejected_share",
    "since": CHANGED,
    "text": _TEXT,
}

ALERT_EXAMPLES: Mapping[type[BaseModel], Any] = MappingProxyType(
    {
        Told: _TOLD,
        Alert: _ALERT,
        AlertList: {"items": [_ALERT], "next": None},
        FiringAlert: _FIRING,
        FiringAlertList: {"items": [_FIRING], "next": None},
        Tested: _TESTED,
        AlertTested: {"results": [_TESTED]},
        AlertTarget: _TARGET,
        AlertTargetMade: {**_TARGET, "secret": "whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIG9mIG9uZSE="},
        AlertTargetList: {"items": [_TARGET], "next": None},
    }
)
