"""Chance: for pauses between tries, for samples and for shares of a load."""

from os import urandom


def chance() -> float:
    """Return a number in [0, 1), from the system: loading `random` takes a start longer than hundreds of these."""
    return (int.from_bytes(urandom(7), "big") >> 3) / 2**53
