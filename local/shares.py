"""How many connections each ingest worker has, in memory that all of them see.

They take connections from one socket, and the first one has it. Senders of many events keep their connections: where
one worker had got two thirds of them, each of these waited twice as long for its answers as the others.
"""

import mmap
import os
import struct
import tempfile
from typing import BinaryIO

_AWAY = struct.pack("i", 2**31 - 1)
_TOLERATED = 4
_TOLERATED_OF = 16
"""So many connections more than another has are no more than a share, and one in so many of its own besides: where they
come and go, leaving them to others takes more time than it saves."""


class Shares:
    """A worker's view of the counts."""

    def __init__(self, descriptor: int, place: int) -> None:
        """Take the memory, and the worker's place in it."""
        self._counts = memoryview(mmap.mmap(descriptor, 0)).cast("i")
        self._place = place

    def tell(self, connections: int) -> None:
        """Say how many connections the worker has."""
        self._counts[self._place] = connections

    def has_more(self, connections: int) -> bool:
        """Say so, and return whether another worker has notably fewer."""
        self.tell(connections)
        return connections - min(self._counts) > _TOLERATED + connections // _TOLERATED_OF


def make_shares(workers: int) -> BinaryIO:
    """Return the memory, as a file without a name; no worker is there yet."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - who asks for it closes it
    for place in range(workers):
        set_away(file, place)
    return file


def set_away(shares: BinaryIO, place: int) -> None:
    """Say that a worker takes no connections, until it says how many it has."""
    os.pwrite(shares.fileno(), _AWAY, place * len(_AWAY))
