"""Counts of the 60 days before now for the demo, so that charts have something to draw, and to compare it with.

They go into the run's own database, as metering would have written them; no event stands behind them, and the demo says
so. A shop is busier by day than by night and on working days, grows a little, and has one bad day after a deployment.
"""

import math
import random
import time
from pathlib import Path

from adapters.sqlite.database import Database
from adapters.sqlite.usage import SqliteUsage
from domain.metering.ports import UsageSums
from local.api_client import Made

DAYS = 60
REQUESTS_PER_DAY = 12_000
EVENTS_PER_REQUEST = 2
BYTES_PER_EVENT = 380
_HOUR = 3_600
_DAY = 24 * _HOUR
_BAD_DAY = 9
"""Days before now on which far more was refused."""


def database_of(state_dir: Path) -> Path:
    """Return where a run keeps its database."""
    return state_dir / "state.db"


def add_history(state_dir: Path, organisation_id: str, made: Made) -> int:
    """Count events of each hour of the last 60 days, without the one that runs; return how many were accepted."""
    sums = history_of(organisation_id, made, int(time.time()))
    database = Database(database_of(state_dir))
    try:
        SqliteUsage(database).add(sums)
    finally:
        database.close()
    return sum(row.accepted for row in sums)


def history_of(organisation_id: str, made: Made, now: int) -> list[UsageSums]:
    """Return the sums, the newest hour first."""
    chance = random.Random(1)  # noqa: S311 - the same history each time
    first = now - now % _HOUR - _HOUR
    return [_hour(first - back * _HOUR, back, chance, organisation_id, made) for back in range(DAYS * 24)]


def _hour(at: int, back: int, chance: random.Random, organisation_id: str, made: Made) -> UsageSums:
    tide = 1 + 0.8 * math.sin((at % _DAY) / _DAY * 2 * math.pi - 2)
    week = 0.6 if time.gmtime(at).tm_wday >= 5 else 1.0
    growth = 1 - back / (DAYS * 24) * 0.4
    requests = max(1, round(REQUESTS_PER_DAY / 24 * tide * week * growth * chance.uniform(0.85, 1.15)))
    events = requests * EVENTS_PER_REQUEST
    share = chance.uniform(0.18, 0.24) if back // 24 == _BAD_DAY else chance.uniform(0.004, 0.02)
    refused = round(events * share)
    accepted = events - refused
    return UsageSums(
        made.environment_id,
        made.revision_id,
        at,
        requests=requests,
        accepted=accepted,
        rejected=refused,  # not quarantined: no event of them is there to be looked at
        bytes_accepted=accepted * BYTES_PER_EVENT,
        bytes_received=events * BYTES_PER_EVENT,
        codes={"type_float": refused * 3 // 5, "required": refused // 5, "one_of": refused // 5},
        delivered=accepted,
        names=_names(accepted, refused),
        endpoint_id=made.endpoint_id,
        organisation_id=organisation_id,
    )


def _names(accepted: int, refused: int) -> dict[str, dict[str, int]]:
    """Share the counts among the names of a shop's events: a fifth each, and views are the rest."""
    fifth = {"accepted": accepted // 5, "rejected": refused // 5}
    rest = {"accepted": accepted - 2 * fifth["accepted"], "rejected": refused - 2 * fifth["rejected"]}
    return {"view": rest, "add_to_cart": fifth, "purchase": fifth}
