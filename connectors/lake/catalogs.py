"""Where the tables of a lake are listed, and where their files stand; and what its failures mean."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException

from connectors.lake.capabilities import CATALOG_FILE
from connectors.lake.files import FolderFiles
from domain.delivery.connectors import Budget, Target
from domain.errors import Misconfigured, Undelivered
from domain.fault_log import place_of_fault
from schemas.lakes import LEDGER, MANAGED_PREFIX, local_namespace

_LOGGER = logging.getLogger(__name__)

OWNER = "ingest.environment"
"""The property by which a table says whose it is."""


@dataclass(frozen=True, slots=True)
class Lake:
    """A catalog, the namespace of an organisation in it, and the address of the folder in which tables stand."""

    catalog: Catalog
    namespace: str
    folder: str
    optimize: Callable[[str], None] | None = None
    """Has a table looked after from now on, where a service does that; `neglect` takes it back."""
    neglect: Callable[[str], None] | None = None


OpenLake = Callable[[Target], Lake]
"""Opens the lake of an environment."""


class Locks:
    """A lock for each table: workers of one process don't get in each other's way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def of(self, environment_id: str) -> threading.Lock:
        with self._lock:
            return self._locks[environment_id]

    @contextmanager
    def hold(self, environment_id: str, budget: Budget) -> Iterator[Callable[[], None]]:
        """Implement `Hold`: nobody else can begin while a worker of this process is at it."""
        lock = self.of(environment_id)
        if not lock.acquire(timeout=max(0.0, budget.seconds_left())):
            raise Undelivered("Others were adding files all the time.")
        try:
            yield lambda: None
        finally:
            lock.release()


class LocalLakes:
    """Lakes of one machine: their catalog is a file, and every bucket is a folder."""

    def __init__(self, state_dir: Path, buckets_dir: Path, own_bucket: str, landing_bucket: str = "landing") -> None:
        """Take where the catalog stands, where the buckets do, and which are the deployment's own."""
        self._state_dir = state_dir
        self._buckets_dir = buckets_dir
        self._own_buckets = frozenset({own_bucket, landing_bucket})
        self._folder = buckets_dir / own_bucket / MANAGED_PREFIX
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None
        self._files_folders: set[Path] = set()

    def open(self, target: Target) -> Lake:
        """Implement `OpenLake`."""
        destination = target.destination
        if destination.get("managed"):
            return Lake(self._opened(), local_namespace(target.organisation_id, None), self._folder.as_uri())
        check_bucket(destination["bucket"], self._own_buckets)
        folder = self._buckets_dir / destination["bucket"] / destination["prefix"]
        namespace = local_namespace(target.organisation_id, destination["database"])
        return Lake(self._opened(), namespace, folder.as_uri())

    def files(self, target: Target) -> FolderFiles:
        """Return the files of the deployment's lakes, or of those below a prefix of a user; implements `OpenFiles`."""
        import pyarrow.fs  # noqa: PLC0415 - only lakes of files need it

        folder = self._folder
        destination = target.destination
        if not destination.get("managed"):
            check_bucket(destination["bucket"], self._own_buckets)
            folder = self._buckets_dir / destination["bucket"] / destination["prefix"]
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self._files_folders.add(folder)
        return FolderFiles(pyarrow.fs.SubTreeFileSystem(str(folder), pyarrow.fs.LocalFileSystem()))

    def files_ledgers(self) -> list[Path]:
        """Return where the ledgers of lakes of files stand, of those that were opened and of the deployment's."""
        with self._lock:
            return [folder / LEDGER for folder in (self._folder, *self._files_folders)]

    def tables(self) -> Iterator[tuple[Lake, tuple[str, ...], str]]:
        """Yield every table, with its environment."""
        catalog = self._opened()
        for namespace in catalog.list_namespaces():
            for name in catalog.list_tables(namespace):
                table = catalog.load_table(name)
                owner = table.properties.get(OWNER)
                if owner is not None:
                    folder = table.location().removesuffix("/".join(["", *name]))
                    yield Lake(catalog, namespace[0], folder), name, owner

    def ledger_dir(self, lake: Lake) -> Path:
        """Return where the ledgers of a lake stand."""
        return Path(unquote(urlsplit(lake.folder).path)) / LEDGER

    def _opened(self) -> Catalog:
        from pyiceberg.catalog.sql import SqlCatalog  # noqa: PLC0415 - on AWS its packages are not there

        with self._lock:
            if self._catalog is None:
                self._state_dir.mkdir(parents=True, exist_ok=True)
                uri = f"sqlite:///{self._state_dir / CATALOG_FILE}"
                self._catalog = SqlCatalog("lake", uri=uri, warehouse=self._buckets_dir.as_uri())
            return self._catalog


def check_bucket(bucket: str, own_buckets: Collection[str]) -> None:
    """Raise `Misconfigured` if a bucket that a user names is the deployment's."""
    if bucket in own_buckets:
        raise Misconfigured("This is the deployment's own bucket; name one of yours.")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what a catalog or its files raise into `Undelivered`, but for a commit that came too late."""
    try:
        yield
    except (Undelivered, Misconfigured, CommitFailedException):
        raise
    except Exception as error:
        _LOGGER.warning("the lake failed to %s: %s", doing, place_of_fault(error))
        raise Undelivered(f"The lake could not {doing}: {type(error).__name__}.") from error
