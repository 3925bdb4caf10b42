"""Which codes and unknown keys an environment has for the first time.

What was there is remembered: codes by their names, of which there are few, and keys by digests of their pointers. A
key that was forgotten, since none arrived for 30 days, is new when it comes again.
"""

from hashlib import blake2s
from typing import Any

from domain.alerts.facts import Facts
from domain.alerts.kinds import Fresh, code_name, key_name
from schemas.limits import ALERT_KEYS_SECONDS

_DIGEST_BYTES = 6
_MAX_NAMES = 50
Seen = dict[str, Any]
"""`{"codes", "keys", "keys_at", "names", "at"}`: what there was, and the names and the time of what was new last."""


def looked_for_new(facts: Facts, seen: Seen | None) -> Seen:
    """Return what has been seen by now; of a first look, nothing is new."""
    if seen is None:
        return {
            "codes": sorted(facts.codes(all_known=True)),
            "keys": sorted(_digest(pointer) for pointer in facts.unknown_keys),
            "keys_at": facts.now,
            "names": [],
            "at": None,
        }
    known = set(seen["codes"])
    fresh_codes = sorted(set(facts.codes(all_known=False)) - known)
    names = [code_name(code) for code in fresh_codes]
    after = {**seen, "codes": sorted(known | set(fresh_codes))}
    if facts.now - seen["keys_at"] >= ALERT_KEYS_SECONDS:
        before = set(seen["keys"])
        digests = {_digest(pointer): pointer for pointer in facts.unknown_keys}
        names += [key_name(pointer) for digest, pointer in digests.items() if digest not in before]
        after |= {"keys": sorted(digests), "keys_at": facts.now}
    return after | {"names": names[:_MAX_NAMES], "at": facts.now} if names else after


def fresh_since(seen: Seen | None, since: int) -> Fresh:
    """Return what was new last, unless that was before `since` (Unix seconds)."""
    if seen is None or seen["at"] is None or seen["at"] < since:
        return Fresh((), None)
    return Fresh(tuple(seen["names"]), seen["at"])


def _digest(pointer: str) -> str:
    return blake2s(pointer.encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
