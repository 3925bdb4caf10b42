"""An adapter on each store that there is one for, for the suites of contracts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from adapters.dynamodb.calls import Calls
from adapters.sqlite.database import Database
from tests.dynamodb_in_process import SerialisedClient, dynamodb


def calls_without_waiting(client: SerialisedClient) -> Calls:
    return Calls(client, sleep=lambda _: None)


def on_each_store(
    *,
    sqlite: Callable[[Database], Any],
    dynamo: Callable[[SerialisedClient], Any],
    memory: Callable[[], Any],
) -> Mapping[str, Callable[[Path], AbstractContextManager[Any]]]:
    """Return, by the store's name, what opens an adapter on an empty one; a folder is given for its files."""

    @contextmanager
    def on_sqlite(folder: Path) -> Iterator[Any]:
        with closing(Database(folder / "state.db")) as database:
            yield sqlite(database)

    @contextmanager
    def on_dynamodb(_folder: Path) -> Iterator[Any]:
        with dynamodb() as client:
            yield dynamo(client)

    @contextmanager
    def in_memory(_folder: Path) -> Iterator[Any]:
        yield memory()

    return {"sqlite": on_sqlite, "dynamodb": on_dynamodb, "memory": in_memory}
