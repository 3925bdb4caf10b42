"""What is there in the end: in the log, at the destinations, in quarantine, in usage and in the ledger."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator

from benchmarks.chaos.account import Account, Counted, Place
from benchmarks.chaos.books import Measure
from benchmarks.chaos.services import BUCKET, LANDING, START_NS
from benchmarks.chaos.world import World
from domain.live.state import TapState
from domain.metering.ledger import Imbalance, imbalance_of
from domain.metering.ports import UsagePoint, UsageScope
from domain.metering.slices import Slice
from domain.quarantine.filters import QuarantineFilter
from domain.quarantine.objects import PREFIX, events_of
from domain.quarantine.reading import waiting_groups
from domain.records.keys import CANARIES


def take_stock(world: World, account: Account) -> None:
    """Enter into the account what can be found; nothing is on its way any more."""
    account.left_in_queues = world.waiting()
    for environment_id, (number, place) in account.numbered_places().items():
        _look_into(world, account, environment_id, number, place)
    everything = QuarantineFilter(0, 2**40)
    for environment_id in account.places:
        groups = waiting_groups(world.store(), environment_id, everything)
        account.left_in_quarantine += sum(group.events - group.redriven for group in groups)
    for key in world.objects.list_keys(BUCKET, PREFIX):
        events = events_of([gzip.decompress(_body(world, BUCKET, key))])
        for event in events:
            account.in_quarantine[event.event_id] += 1
            account.found_under[event.event_id].add(event.revision_id)
    for environment_id in account.places:
        for canary in world.operator.canaries(environment_id, world.usage):
            how = "by its time" if (canary["reason"] or "").startswith("automatic: not promoted") else canary["state"]
            account.canaries["refused too much" if canary["reason"] and how == "aborted" else how] += 1
    account.canaries_left = len(world.table.query(CANARIES))
    account.tapped = sum(TapState(world.taps.state(tap_id)[1]).events for tap_id in account.taps)
    _read_usage(world, account)
    _read_ledger(world, account)
    account.unexpected = Counter(type(error).__name__ for error in world.unexpected)


def _read_usage(world: World, account: Account) -> None:
    world.functions.hand_over_usage()
    account.lost, account.again = world.functions.books.lost, world.functions.books.again
    totals = [world.usage.totals(environment_id) for environment_id in account.environments]
    for measure in Measure:
        counted = sum(getattr(sums, measure) for sums in totals) + account.lost[measure] - account.again[measure]
        if measure is Measure.ACCEPTED:
            counted -= sum(sums.redriven for sums in totals)
        least = account.told[measure]
        account.usage[measure] = Counted(counted, least, least + account.untold[measure])


def _read_ledger(world: World, account: Account) -> None:
    """Balance every hour of every environment, from the run's first to its last.

    What was counted again, as it would not be where usage knows what it has, is taken off before.
    """
    found: list[Imbalance] = []
    again = world.functions.books.accepted_again
    start, end = START_NS // 10**9 // 3_600 * 3_600, world.clock() // 10**9 + 3_600
    for environment_id in account.environments:
        scope = UsageScope(world.operator.organisation_id, environment_id=environment_id)
        points = world.usage.series(scope, Slice.HOUR, start, end)
        found.append(imbalance_of(_less(point, again[environment_id, point.at]) for point in points))
    account.ledger_missing = sum(each.missing for each in found)
    account.ledger_surplus = sum(each.surplus for each in found)


def _less(point: UsagePoint, accepted: int) -> UsagePoint:
    return point._replace(counts={**point.counts, "accepted": point.counts["accepted"] - accepted})


def _look_into(world: World, account: Account, environment_id: str, number: int, place: Place) -> None:
    seen: dict[str, bytes] = {}
    bucket = BUCKET if place.kind == "s3" else LANDING
    for line in _lines(world, bucket, f"environment={environment_id}/"):
        event = json.loads(line)
        event_id = event["_event_id"]
        place.log[event_id] += 1
        account.found_under[event_id].add(event["_revision_id"])
        # The same event may arrive twice at another time, and under another revision, and is the same event.
        told = line.split(b',"_revision_id"', 1)[1].partition(b",")[2]
        place.contradictions += seen.setdefault(event_id, told) != told
    for line in _lines(world, LANDING, f"set-aside/environment={environment_id}/"):
        place.set_aside[json.loads(line)["event_id"]] += 1
    place.rows = place.log if place.kind == "s3" else Counter(world.rows_of(number, place.kind))
    place.counted = world.usage.totals(environment_id).delivered


def _lines(world: World, bucket: str, prefix: str) -> Iterator[bytes]:
    for key in world.objects.list_keys(bucket, prefix):
        yield from gzip.decompress(_body(world, bucket, key)).splitlines()


def _body(world: World, bucket: str, key: str) -> bytes:
    body = world.objects.get(bucket, key)
    assert body is not None
    return body
