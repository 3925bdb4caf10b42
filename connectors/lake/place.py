"""Where the files of Parquet of one environment stand."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from connectors.lake.files import Files, Fill
from domain.delivery.connectors import Target
from schemas.lakes import LEDGER, files_folder

_FILE = re.compile(r"/[0-9a-f]{32}-\d+\.parquet$")
"""Of an object. Others may put theirs into a bucket of a user: they are none of ours."""


class RevisionHour(NamedTuple):
    """What the events of one folder have in common; the hour as `YYYY-MM-DDTHH`."""

    revision_id: str
    hour: str


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one environment; `may_go_on` raises `Undelivered` if another writer may have begun."""

    files: Files
    target: Target
    may_go_on: Callable[[], None] = lambda: None

    @property
    def table(self) -> str:
        return files_folder(self.target.organisation_id, self.target.destination)

    @property
    def ledger(self) -> str:
        return f"{LEDGER}/{self.target.environment_id}"

    @property
    def table_ledger(self) -> str:
        """What is kept of this table: the environment may have had others before."""
        return f"{self.ledger}/{self.table}"

    def revision(self, revision_id: str) -> str:
        return f"{self.table}/revision={revision_id}/environment={self.target.environment_id}"

    def folder(self, key: RevisionHour) -> str:
        day, _, hour = key.hour.partition("T")
        return f"{self.revision(key.revision_id)}/dt={day}/hour={hour}"

    def files_of(self, digest: str, key: RevisionHour) -> Iterator[str]:
        """Yield the files of an object that stand in a folder."""
        return (path for path in self.files.below(self.folder(key)) if _FILE.search(path) and _is_of(path, digest))

    def write(self, path: str, fill: Fill) -> None:
        self.may_go_on()
        self.files.write(path, fill)

    def delete(self, path: str) -> None:
        self.may_go_on()
        self.files.delete(path)


def _is_of(path: str, digest: str) -> bool:
    """Say whether a file is one of an object."""
    return path.rpartition("/")[2].startswith(f"{digest}-")


def files_of_others(
    place: Place, digest: str, hours: Collection[datetime], _start: datetime, _end: datetime
) -> Iterator[Callable[[], Any]]:
    """Find the files of other objects, of all revisions, in some hours."""
    days = {f"{hour:%Y-%m-%d}" for hour in hours}
    for revision in place.files.below(place.table):
        for day in place.files.below(f"{revision}/environment={place.target.environment_id}"):
            if day.rpartition("/dt=")[2] in days:
                for folder in place.files.below(day):
                    if _start_of(folder) in hours:
                        for path in place.files.below(folder):
                            if _FILE.search(path) and not _is_of(path, digest):
                                yield partial(place.files.open, path)


def _start_of(folder: str) -> datetime | None:
    """Return when the hour of a folder begins; None for a folder that is none of ours."""
    try:
        return datetime.strptime(folder.rpartition("/dt=")[2], "%Y-%m-%d/hour=%H").replace(tzinfo=UTC)
    except ValueError:
        return None
