"""Simulated time: of the day, and of the request that is being answered."""

_NS = 1_000_000_000
MIDNIGHT = 1_793_577_600
"""Unix seconds: 2026-11-02T00:00:00Z."""


class Clock:
    """Wall clock and monotonic clock in one; calls and pauses move it, the day sets it back for the next request."""

    def __init__(self) -> None:
        self.ns = MIDNIGHT * _NS

    def __call__(self) -> int:
        return self.ns

    def monotonic(self) -> float:
        return self.ns / _NS

    def forward(self, seconds: float) -> None:
        self.ns += round(seconds * _NS)

    @property
    def second(self) -> float:
        """Since midnight."""
        return self.ns / _NS - MIDNIGHT

    @second.setter
    def second(self, seconds: float) -> None:
        self.ns = round((MIDNIGHT + seconds) * _NS)
