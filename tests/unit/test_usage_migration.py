"""Usage that an earlier version wrote down by minute is there by hour and day, too, with its owner."""

import json
import sqlite3

from adapters.sqlite.database import MIGRATIONS, Database
from adapters.sqlite.usage import SqliteUsage
from domain.metering.ports import UsageScope
from domain.metering.slices import STORED, Slice

NOON = 1_795_435_200


def test_counts_by_minute_are_taken_over_into_every_slice(tmp_path):
    path = tmp_path / "state.db"
    old = sqlite3.connect(path)
    for statement in MIGRATIONS[0]:
        old.execute(statement)
    old.execute("PRAGMA user_version = 1")
    for minute, accepted in ((NOON, 1), (NOON + 60, 2), (NOON + 3_600, 4)):
        old.execute("INSERT INTO usage VALUES ('env_1', ?, 'rev_1', 9, ?, 3, 4, 5, 6, 7)", (minute, accepted))
        old.execute("INSERT INTO usage_codes VALUES ('env_1', ?, 'rev_1', 'regex', ?)", (minute, accepted))
    pointer = {"endpoint_id": "ep_1", "organisation_id": "org_1"}
    old.execute("INSERT INTO items VALUES ('POINTER#env_1', 'POINTER', 1, ?, NULL)", (json.dumps(pointer),))
    old.commit()
    old.close()

    database = Database(path)
    usage = SqliteUsage(database)
    scope = UsageScope("org_1", "ep_1", "env_1", "rev_1")
    accepted = {
        stored: [(point.at - NOON, point.counts["accepted"]) for point in usage.series(scope, stored, 0, 2**40)]
        for stored in STORED
    }
    assert accepted == {
        Slice.MINUTE: [(0, 1), (60, 2), (3_600, 4)],
        Slice.HOUR: [(0, 3), (3_600, 4)],
        Slice.DAY: [(-43_200, 7)],
    }
    (day,) = usage.series(scope, Slice.DAY, 0, 2**40)
    assert day.counts == {
        "requests": 27,
        "accepted": 7,
        "quarantined": 9,
        "rejected": 12,
        "limited": 15,
        "bytes_accepted": 18,
        "bytes_received": 21,
        "delivered": 0,
        "repeats": 0,
        "set_aside": 0,
        "redriven": 0,
    }
    assert [usage.codes(scope, stored, 0, 2**40) for stored in STORED] == [{"regex": 7}] * 3
    database.close()
