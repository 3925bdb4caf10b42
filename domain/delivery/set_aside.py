"""Events that a destination refused: how they are kept, and as which object they are sent again.

An object of them is sent again as a landed object, whose key is made of its own. So whatever is repeated, by a second
call or after a crash between any two steps, is the same landed object: its load jobs are the ones that were, and it is
counted once. Events of it that are refused again are set aside under a key that is made of the new one.

The events are cut out of what is kept byte for byte: a JSON reader would change numbers beyond 64 bits. They are
marked (`domain.delivery.marks`), since an event may have been set aside twice, or delivered by another copy.
"""

import re
import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable
from typing import NamedTuple

import orjson

from domain.delivery.marks import REDRIVEN, unmarked

_KEY = re.compile(r"set-aside/environment=(env_[0-9a-z]+)/dt=([0-9-]+)/hour=([0-9]+)/([0-9a-f]+)\.ndjson\.gz")
_ID = re.compile(r"(env_[0-9a-z]+)-([0-9]{4}-[0-9]{2}-[0-9]{2})-([0-9]+)-([0-9a-f]+)", re.ASCII)
_SENT_AGAIN = re.compile(
    r"environment=env_[0-9a-z]+/dt=[0-9-]+/hour=[0-9]+/set-aside-[0-9a-f]+(?:-to-(rev_[0-9a-z]+))?\.gz"
)
_ROW = re.compile(
    rb'\{"event_id":(?:null|"[^"\\]*(?:\\.[^"\\]*)*"),"reason":("[^"\\]*(?:\\.[^"\\]*)*"),"(event|raw_base64)":'
)
_GZIP = 31
_FAST = 1

PREFIX = "set-aside/"


class Place(NamedTuple):
    """Whose events an object holds, and when the landed object began that they were refused of."""

    environment_id: str
    day: str
    hour: str
    digest: str

    @property
    def id(self) -> str:
        return "-".join(self)

    @property
    def key(self) -> str:
        return f"{PREFIX}environment={self.environment_id}/dt={self.day}/hour={self.hour}/{self.digest}.ndjson.gz"

    @property
    def prefix_sent_again(self) -> str:
        """What the keys begin with as which its events are sent again, whatever table they go to."""
        return f"environment={self.environment_id}/dt={self.day}/hour={self.hour}/set-aside-{self.digest}"

    def is_sent_as(self, key: str) -> bool:
        """Say whether this is one of these keys."""
        return is_sent_again(key) and key.startswith((f"{self.prefix_sent_again}.", f"{self.prefix_sent_again}-to-"))

    def key_sent_again(self, revision_id: str | None = None) -> str:
        """As which landed object its events are sent again: always the same one for the table of one revision.

        Without a revision, each event goes to the table of its own.
        """
        return (
            f"{self.prefix_sent_again}.gz" if revision_id is None else f"{self.prefix_sent_again}-to-{revision_id}.gz"
        )


def place_of_key(key: str) -> Place | None:
    """Return what a key says, None for one that no writer made."""
    found = _KEY.fullmatch(key)
    return None if found is None else Place(*found.groups())


def place_of_id(object_id: str) -> Place | None:
    """Return what an id stands for, None for what is none."""
    found = _ID.fullmatch(object_id)
    return None if found is None else Place(*found.groups())


def is_sent_again(key: str) -> bool:
    """Say whether a landed object holds events that were set aside before: no stream gives such a name."""
    return _SENT_AGAIN.fullmatch(key) is not None


def sent_to(key: str) -> str | None:
    """Return the revision to whose table the events of a landed object go, None where each goes to that of its own."""
    found = _SENT_AGAIN.fullmatch(key)
    return None if found is None else found[1]


def reason_of(row: bytes) -> str:
    """Return why an event was refused; `ValueError` for a line that no writer wrote."""
    return str(orjson.loads(_parsed(row)[1]))


def line_of(row: bytes) -> bytes:
    """Return an event as it was to be delivered, without a newline; `ValueError` for a line that no writer wrote."""
    found = _parsed(row)
    kept = row[found.end() : -1]
    if found[2] == b"event":
        return kept
    try:
        return b64decode(kept.strip(b'"'), validate=True)
    except NotBase64 as error:
        raise ValueError("a set-aside event is no base64") from error


def body_sent_again(rows: Iterable[bytes]) -> tuple[bytes, int]:
    """Return the gzipped lines of a landed object, and how many there are; `ValueError` as `line_of` does."""
    zipper = zlib.compressobj(_FAST, wbits=_GZIP)
    parts, count = [], 0
    for row in rows:
        parts.append(zipper.compress(b"%s%s\n" % (REDRIVEN, unmarked(line_of(row)))))
        count += 1
    return b"".join([*parts, zipper.flush()]), count


def _parsed(row: bytes) -> re.Match[bytes]:
    found = _ROW.match(row)
    if found is None or not row.endswith(b"}"):
        raise ValueError("a line is none that the writer of set-aside events wrote")
    return found
