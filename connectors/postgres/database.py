"""A destination's database as the connector uses it: signed in once per object, check or deployment."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import UnionType
from typing import Any, NamedTuple, Protocol

from adapters.postgres import Answer
from connectors.postgres.failures import translated
from domain.delivery.connectors import Budget, Target
from domain.errors import Misconfigured, Undelivered
from domain.postgres_place import PostgresPlace, place_from_dsn, secret_of_text
from domain.warehouses.quoting import double_quoted
from schemas.limits import (
    DEFAULT_POSTGRES_CONNECTIONS,
    POSTGRES_CONNECT_SECONDS,
    POSTGRES_LOCK_SECONDS,
    POSTGRES_STATEMENT_SECONDS,
)

_LEAST_SECONDS = 1.0

# Names are looked up where they are named. What a statement may take is bounded at the server, too, so that none goes
# on there once nobody waits for it.
_BEGIN = (
    "BEGIN; SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL standard_conforming_strings = on; "
    "SET LOCAL lock_timeout = {lock}; SET LOCAL statement_timeout = {statement}; "
    "SET LOCAL idle_in_transaction_session_timeout = {statement}"
)


class Session(Protocol):
    """The part of `adapters.postgres.Session` that is used."""

    def run(self, sql: str, seconds: float) -> Answer: ...

    def copy(self, sql: str, blocks: Iterable[bytes], seconds: float) -> None: ...

    def close(self) -> None: ...


class Opens(Protocol):
    """The part of `PostgresClient` that is used."""

    def open(self, place: PostgresPlace, ca_certificates: str | None, seconds: float) -> Session: ...


class Names(NamedTuple):
    """What a destination's schema and table are called, and both as SQL has them."""

    schema: str
    table: str

    @property
    def quoted(self) -> str:
        return f"{double_quoted(self.schema)}.{double_quoted(self.table)}"


def names_of(destination: Mapping[str, Any]) -> Names:
    return Names(destination["schema"], destination["table"])


def connections_of(destination: Mapping[str, Any]) -> int:
    """Return how many writers may load into a destination's database at once."""
    return int(destination.get("max_connections", DEFAULT_POSTGRES_CONNECTIONS))


class Database:
    """One session, all of whose statements end within the time of a piece of work."""

    def __init__(self, session: Session, budget: Budget) -> None:
        self._session = session
        self._budget = budget

    def run(self, sql: str) -> Answer:
        with translated():
            return self._session.run(sql, self._seconds())

    def select(self, sql: str, *kinds: type | UnionType) -> list[list[Any]]:
        """Return the rows of a query whose columns are of these kinds; `Undelivered` if what comes back is none."""
        rows = self.run(sql).rows
        for row in rows:
            if len(row) != len(kinds) or not all(map(isinstance, row, kinds)):
                raise Undelivered("The answer is not what was asked for: what answers is no PostgreSQL.")
        return rows

    def copy(self, sql: str, blocks: Iterable[bytes]) -> None:
        with translated():
            self._session.copy(sql, blocks, self._seconds())

    @contextmanager
    def transaction(self, *, keeps: bool = True) -> Iterator[None]:
        """Do what is within as one, which stands at the end if it `keeps` it; what fails leaves nothing."""
        lock, statement = (round(1_000 * s) for s in (POSTGRES_LOCK_SECONDS, POSTGRES_STATEMENT_SECONDS))
        self.run(_BEGIN.format(lock=lock, statement=statement))
        try:
            yield
        except Exception:
            self._take_back()
            raise
        self.run("COMMIT" if keeps else "ROLLBACK")

    def _take_back(self) -> None:
        try:
            self.run("ROLLBACK")
        except Undelivered:
            return  # the connection is gone, and the transaction with it

    def _seconds(self) -> float:
        left = self._budget.seconds_left()
        if left < _LEAST_SECONDS:
            raise Undelivered("There was no time left for the rest of an object.")
        return min(POSTGRES_STATEMENT_SECONDS, left)


@contextmanager
def signed_in(client: Opens, target: Target, budget: Budget) -> Iterator[Database]:
    """Sign in, and out at the end.

    Raises:
        Misconfigured: the connection string is gone.
        Undelivered: what is within is not done, either.
    """
    if target.secret is None:
        raise Misconfigured("The connection string is gone; give the dsn again.")
    secret = secret_of_text(target.secret)
    with translated():
        session = client.open(
            place_from_dsn(secret.dsn), secret.ca_certificates, min(POSTGRES_CONNECT_SECONDS, budget.seconds_left())
        )
    try:
        yield Database(session, budget)
    finally:
        session.close()
