"""How long SQLite keeps the quarantine's counts."""

from adapters.sqlite.database import Database
from adapters.sqlite.quarantine import SqliteQuarantine
from domain.quarantine.ports import GroupCount, GroupKey, ObjectEntry, Progress, SettledObject

HOUR = 1_795_420_800
KEY = GroupKey("rev_1", "required", "/a")
AT = "2026-11-23T08:00:00Z"


def test_counts_go_with_their_hour_and_what_redrives_did_stays(tmp_path):
    database = Database(tmp_path / "state.db")
    index = SqliteQuarantine(database)
    for name, hour in (("old", HOUR - 3_600), ("new", HOUR)):
        index.add(ObjectEntry(name, "env_1", hour, [GroupCount(KEY, 1, AT, AT)]))
        index.settle(SettledObject("rdr_1", name, "env_1", hour, {0: [KEY]}, Progress(objects=1, sent=1)))
    index.purge(HOUR)
    assert [group.hour for group in index.groups("env_1", 0, 2**40)] == [HOUR]
    assert index.redriven_lines("old") is None
    assert index.redriven_lines("new") == {0}
    assert index.progress("rdr_1") == Progress(objects=2, sent=2)
    database.close()
