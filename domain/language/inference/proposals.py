"""Proposes by which keys events tell of which kind they are: those whose values explain which other keys are there.

How much they explain is reckoned in bits: how uncertain it is which keys an event has, before and after one knows the
values of one or two string keys.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import log2
from typing import Any

from domain.language.budget import Budget
from schemas.places import pointer_of

MIN_SAMPLES = 10
MAX_KIND_VALUES = 50
MAX_VALUE_CHARS = 128
MIN_EVENTS_PER_VALUE = 3
"""How many events a value has on average: keys with an own value in each event would explain everything."""
MAX_CANDIDATES = 8
MAX_KEYS = 300
"""Of how many keys, at the root and one level below, the presence is looked at."""
MIN_KEYS = 3
"""How many keys must not be in every event for there to be something to explain."""
MIN_EXPLAINED = 0.8
MIN_GAIN = 0.1
"""What share is explained, and how much more of it a second key has to explain."""

_Bits = int
"""A set of samples: bit n stands for sample n."""


def propose_kinds_by(samples: Sequence[dict[str, Any]], budget: Budget) -> dict[str, Any] | None:
    """Return pointers for `kinds_by` with the share of what they explain, or None if no keys explain enough."""
    if len(samples) < MIN_SAMPLES:
        return None
    keys = [bits for bits in _samples_by_key(samples).values() if 0 < bits.bit_count() < len(samples)][:MAX_KEYS]
    if len(keys) < MIN_KEYS:
        return None
    candidates = dict(sorted(_candidates(samples), key=lambda one: len(one[1]))[:MAX_CANDIDATES])
    unknown = _uncertainty([(1 << len(samples)) - 1], keys)
    best: tuple[str, ...] = ()
    best_share = 0.0
    for count in (1, 2):
        found, found_share = best, best_share
        for names in combinations(candidates, count):
            budget.at("/samples").check()
            groups = _groups([candidates[name] for name in names])
            if len(groups) * MIN_EVENTS_PER_VALUE > len(samples):
                continue
            share = 1 - _uncertainty(groups, keys) / unknown
            if share > found_share:
                found, found_share = names, share
        if found_share >= best_share + MIN_GAIN:
            best, best_share = found, found_share
    if best_share < MIN_EXPLAINED:
        return None
    broad_first = sorted(best, key=lambda name: len(candidates[name]))
    return {"pointers": [pointer_of([name]) for name in broad_first], "explains": round(best_share, 2)}


def _samples_by_key(samples: Sequence[dict[str, Any]]) -> dict[tuple[str, ...], _Bits]:
    """Return in which samples each key is, at the root and one level below."""
    found: dict[tuple[str, ...], _Bits] = {}
    for index, sample in enumerate(samples):
        bit = 1 << index
        for path in _paths(sample):
            if path in found:
                found[path] |= bit
            elif len(found) < MAX_KEYS:
                found[path] = bit
    return found


def _paths(sample: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in sample.items():
        if value is not None:
            yield (key,)
            if isinstance(value, dict):
                yield from ((key, below) for below, member in value.items() if member is not None)


def _candidates(samples: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[_Bits]]]:
    """Yield root keys that hold few different strings and nothing else, with the samples that have each."""
    found: dict[str, dict[Any, _Bits] | None] = {}
    for index, sample in enumerate(samples):
        for key, value in sample.items():
            values = found.setdefault(key, {}) if len(found) < MAX_KEYS else found.get(key)
            if value is None or values is None:
                continue
            if not isinstance(value, str) or len(value) > MAX_VALUE_CHARS:
                found[key] = None
                continue
            values[value] = values.get(value, 0) | 1 << index
            if len(values) > MAX_KIND_VALUES:
                found[key] = None
    for key, values in found.items():
        if values and len(values) > 1:
            without = (1 << len(samples)) - 1
            for bits in values.values():
                without &= ~bits
            yield key, [*values.values(), *([without] if without else [])]


def _groups(partitions: Sequence[list[_Bits]]) -> list[_Bits]:
    """Return the samples that are alike in all partitions."""
    groups = partitions[0]
    for partition in partitions[1:]:
        groups = [both for one in groups for other in partition if (both := one & other)]
    return groups


def _uncertainty(groups: Sequence[_Bits], keys: Sequence[_Bits]) -> float:
    """Return how many bits it takes to say which of the keys the samples have, if one knows the group of each."""
    total = 0.0
    for group in groups:
        size = group.bit_count()
        for key in keys:
            count = (group & key).bit_count()
            if 0 < count < size:
                share = count / size
                total -= size * (share * log2(share) + (1 - share) * log2(1 - share))
    return total
