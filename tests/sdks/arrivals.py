"""What arrived of the calls of an SDK: every call and its event hold a mark that tells them from all others."""

import json
import re

from local.delivered import delivered_events, quarantine_files, stored_rows
from tests.waiting import wait_until

DELIVERY_SECONDS = 20
_MARK = re.compile("mark-[0-9a-z]")


def mark_of(value):
    """Return the mark of a call or of its event; None for what an SDK sends of its own accord."""
    found = _MARK.search(json.dumps(value))
    return found and found[0]


class Arrivals:
    """Finds the events of an environment in the objects of a local run."""

    def __init__(self, run, environment_id):
        self._where = (run.state_dir, environment_id)

    def delivered(self, calls):
        """Return all lines of delivered objects that have marks, once there is one for each of the calls."""
        marks = {mark_of(call) for call in calls}
        return wait_until(lambda: self._delivered_if(marks), seconds=DELIVERY_SECONDS)

    def quarantined(self):
        """Return the events in quarantine, once there is one."""
        return wait_until(lambda: list(stored_rows(quarantine_files(*self._where))), seconds=DELIVERY_SECONDS)

    def _delivered_if(self, marks):
        rows = [row for row in delivered_events(*self._where) if mark_of(row)]
        return rows if {mark_of(row) for row in rows} >= marks else None


def check_each_is_there(sdk, rows):
    """Hold the event of each call to what the call said."""
    by_mark = {mark_of(row): row for row in rows}
    for call in sdk.calls:
        row, expected = by_mark[mark_of(call)], sdk.expected(call)
        assert {name: row.get(name) for name in expected} == expected
