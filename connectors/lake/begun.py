"""Which object is being written: what one has left whose worker was killed is undone or finished by the next.

Before its first file an object is named here, with the folders that it has files in; it is named no more once its ids
are where repeats are looked for. One worker at a time writes for an environment, so there is one at most.
"""

import re
from collections.abc import Iterable
from typing import Any

import orjson
import pyarrow.parquet as pq

from connectors.lake.catalogs import translated
from connectors.lake.hour_ids import Entries
from connectors.lake.place import Place, RevisionHour
from schemas.stamps import EVENT_ID, RECEIVED_AT

_DIGEST = re.compile(r"[0-9a-f]{32}")
_REVISION = re.compile(r"rev_[0-9a-z]+")
_HOUR = re.compile(r"\d{4}-\d\d-\d\dT\d\d")


class Begun:
    """What is said of the object that was begun last."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._path = f"{place.table_ledger}/begun"
        self.digest: str | None = None
        """The object, None if none is named."""
        self.keys: list[RevisionHour] = []
        with translated("look for what was begun"):
            content = place.files.read(self._path)
        if content is not None:
            self._understand(content)

    def _understand(self, content: bytes) -> None:
        """Take in what stands there; others may write to a bucket of a user, and their texts name nothing."""
        try:
            told: Any = orjson.loads(content)
            digest, keys = str(told["object"]), [RevisionHour(*map(str, pair)) for pair in told["hours"]]
        except (orjson.JSONDecodeError, LookupError, TypeError):
            return
        fit = all(_REVISION.fullmatch(key.revision_id) and _HOUR.fullmatch(key.hour) for key in keys)
        if _DIGEST.fullmatch(digest) and fit:
            self.digest, self.keys = digest, keys

    def write(self, digest: str, keys: Iterable[RevisionHour]) -> None:
        """Name an object, unless it is named already; what an earlier try of it has named stays."""
        keys = sorted({*keys, *self.keys} if digest == self.digest else keys)
        if digest == self.digest and keys == self.keys:
            return
        content = orjson.dumps({"object": digest, "hours": [tuple(key) for key in keys]})
        with translated("keep what was begun"):
            self._place.write(self._path, lambda stream: stream.write(content))
        self.digest, self.keys = digest, keys

    def clear(self) -> None:
        """Have no object named."""
        if self.digest is not None:
            with translated("forget what was begun"):
                self._place.delete(self._path)
        self.digest = None

    def paths(self) -> list[str]:
        """Return the files of the object."""
        assert self.digest is not None
        with translated("look for what was begun"):
            return [path for key in self.keys for path in self._place.files_of(self.digest, key)]

    def undo(self) -> None:
        """Remove the files of the object, which comes again."""
        for path in self.paths():
            with translated("remove files that are not needed"):
                self._place.delete(path)

    def written(self) -> Iterable[tuple[str, Entries]]:
        """Yield the ids of the object by the hour, as its files have them."""
        assert self.digest is not None
        for key in self.keys:
            entries = Entries()
            with translated("read what was begun"):
                for path in self._place.files_of(self.digest, key):
                    with self._place.files.open(path) as stream:
                        entries.add(pq.ParquetFile(stream).read([EVENT_ID, RECEIVED_AT]))
            yield key.hour, entries
