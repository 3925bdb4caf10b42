"""The leases of taps as they stand in an environment's pointer, which ingest reads anyway.

A lease that has expired costs nothing and does nothing; it leaves the pointer with the next change of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.items import Pointer, TapLease
from schemas.limits import MAX_TAP_ALL_RATE

LATE_SECONDS = 120
"""How long after its end a lease stays known: its last events may be on their way to the writer."""


def running(pointer: Mapping[str, Any], now_seconds: float) -> list[TapLease]:
    """Return the leases that have not expired, in the order in which they were made."""
    return [lease for lease in pointer.get("taps", ()) if lease["until"] > now_seconds]


def rate_of(lease: TapLease) -> int:
    """Return how many events per second a tap keeps at the most."""
    return MAX_TAP_ALL_RATE if lease["sample"] == "all" else lease["sample"]


def carry_over(pointer: Pointer, before: Mapping[str, Any], environment: Mapping[str, Any], now_seconds: int) -> None:
    """Let a pointer that is made anew keep the leases of the one that it replaces; changed in place.

    None are kept where the environment's `taps` is `off`, and none of those that ended some time ago.
    """
    if environment.get("taps") == "off":
        return
    put_leases(pointer, running(before, now_seconds - LATE_SECONDS))
    if "taps" in pointer and is_protected(environment):
        pointer["taps_protected"] = True


def put_leases(pointer: Pointer, leases: Sequence[TapLease]) -> None:
    """Let these be a pointer's leases; changed in place."""
    if leases:
        pointer["taps"] = list(leases)
    else:
        pointer.pop("taps", None)
        pointer.pop("taps_protected", None)


def is_protected(environment: Mapping[str, Any]) -> bool:
    """Say whether an environment's taps keep what is stored instead of protected values."""
    return environment.get("taps") == "protected" or bool(environment.get("quarantine_protected"))
