"""Adds up rows of usage: those of one environment, revision and minute become one."""

from collections.abc import Iterable, Mapping

from domain.metering.ports import COUNTS, UsageSums
from schemas.limits import MAX_EVENT_NAMES


def add_to(total: UsageSums, more: UsageSums) -> None:
    """Add a row to another of the same environment, revision and minute, which is changed.

    Names for which the row has no room are counted as other ones.
    """
    for name in COUNTS:
        count = getattr(more, name)
        if count:
            setattr(total, name, getattr(total, name) + count)
    add_counts(total.codes, more.codes)
    for event_name, outcomes in more.names.items():
        add_counts(counts_of_name(total, event_name), outcomes)
    add_counts(total.other_names, more.other_names)
    for protocol, outcomes in more.protocols.items():
        add_counts(total.protocols.setdefault(protocol, {}), outcomes)
    if not total.organisation_id:
        total.organisation_id, total.endpoint_id = more.organisation_id, more.endpoint_id


def added_up(rows: Iterable[UsageSums]) -> list[UsageSums]:
    """Return rows of which no two are of the same environment, revision and minute, in a fixed order.

    The rows that are given are used for that, and changed.
    """
    totals: dict[tuple[str, str, int], UsageSums] = {}
    for row in rows:
        key = (row.environment_id, row.revision_id, row.minute)
        total = totals.get(key)
        if total is None:
            totals[key] = row
        else:
            add_to(total, row)
    return [totals[key] for key in sorted(totals)]


def counts_of_name(sums: UsageSums, event_name: str) -> dict[str, int]:
    """Return what counts the events of a name by outcome: those of other names if the row has no room for it."""
    counted = sums.names.get(event_name)
    if counted is None:
        counted = sums.other_names if len(sums.names) >= MAX_EVENT_NAMES else sums.names.setdefault(event_name, {})
    return counted


def add_counts(total: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        if count:
            total[name] = total.get(name, 0) + count
