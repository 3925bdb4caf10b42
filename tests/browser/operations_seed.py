"""What only the operator of a deployment sees, for pages to show: dead letters and set-aside events."""

import hashlib
import json
from contextlib import closing

from adapters.files.objects import FolderObjects
from adapters.sqlite.database import Database
from adapters.sqlite.queue import SqliteQueue
from domain.delivery.landed import LandedObject, Outcomes, set_aside_key
from local.compose import LANDING_BUCKET

MINUTE_NS = 60 * 10**9


def add_dead_letters(state_dir, queue, bodies, now_ns):
    """Put messages among what a queue has given up, the first a minute ago, each one an hour before the next."""
    with closing(Database(state_dir / "state.db")) as database:
        for number, body in enumerate(bodies):
            sent_ns = now_ns - MINUTE_NS - number * 60 * MINUTE_NS
            SqliteQueue(database, f"{queue}-dead", lambda at=sent_ns: at).send([json.dumps(body)])


def add_set_aside(state_dir, environment_id, revision_id, hour, reasons):
    """Set aside one event for each of the reasons, as the writer does with those of an object that landed then.

    `hour` is such as `2026-11-25T04`.
    """
    outcomes = Outcomes()
    for number, reason in enumerate(reasons):
        event = {
            "_event_id": f"evt_{hashlib.sha256(f'{environment_id} {hour} {number}'.encode()).hexdigest()[:26]}",
            "_received_at": f"{hour}:{number % 60:02}:00.000000Z",
            "_revision_id": revision_id,
            "event": "purchase",
            "price": 9007199254740993,
        }
        outcomes.refuse(json.dumps(event, separators=(",", ":")).encode(), reason)
    day, clock_hour = hour.split("T")
    objects = FolderObjects(state_dir / "objects")
    landed = LandedObject(objects, LANDING_BUCKET, f"environment={environment_id}/dt={day}/hour={clock_hour}/one.gz")
    body = outcomes.set_aside_body()
    assert body is not None
    objects.put(LANDING_BUCKET, set_aside_key(landed), body)
