"""The ids and people of all examples, which are of one organisation."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

ORGANISATION = "org_01jd8zk1v4c7n2r9f6x3h0a5pe"
BRANCH = "org_01jd9c4m8x2r6v1k7t5z3n0qbw"
OWNER = "mem_01jd8zk1v4q8t5w1z6c3k9m2sd"
EDITOR = "mem_01jd8zm7g2a4e9j6r1v8b3n5xk"
TOKEN = "tok_01jd8zk1v4h2y7d5s0p9g6w3fb"  # noqa: S105 - an id
ENDPOINT = "ep_01jd8zn3b6m1x8q4c7f2k5t9zr"
REVISION = "rev_01jd8zq4x0k3v9w2m5t7y1b6n8"
NEXT_REVISION = "rev_01jdba6e2wf7s4h1z9n3p8d5qc"
ENVIRONMENT = "env_01jd8zs8a9r5g2v7k4x1c6m3bj"
DEPLOYMENT = "dep_01jdb9z7n5r2w8c4x1k6m3h0fs"
REDRIVE = "rdr_01jdbc2p7k8w3n5f1t6z9q4gxh"
TAP = "tap_01jdbd4m6r8x2k5w9v3t7n1qzc"
TRIAL = "trl_01jdbe7s3m9k5x1w6r4v8t2qyb"
ALERT = "alr_01jdbe5n7s9y3m6x1w4v8q2rzd"
ALERT_TARGET = "tgt_01jdbe3k5q7w1n4z8t2r6v9mxc"
EVENT = "evt_01934a2c7b1e7d4a8f3b6c9d2e5f8071"

CREATED = "2026-11-23T08:00:00.004Z"
CHANGED = "2026-11-24T09:30:12.250Z"

PERSON: Mapping[str, Any] = MappingProxyType({"member_id": OWNER, "name": "ann@example.com", "token_id": TOKEN})
FIELDS: tuple[Mapping[str, Any], ...] = (
    MappingProxyType(
        {
            "key": "event",
            "type": "STRING",
            "presence": "required",
            "rules": [{"rule": "one_of", "value": ["view", "purchase"]}],
        }
    ),
    MappingProxyType({"key": "price", "type": "FLOAT", "presence": "optional", "description": "In euros."}),
)


def resource(resource_id: str, version: int = 1) -> dict[str, Any]:
    """Return the fields of every resource."""
    changed = CREATED if version == 1 else CHANGED
    return {"id": resource_id, "created_at": CREATED, "updated_at": changed, "version": version}
