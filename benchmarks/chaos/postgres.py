"""A real PostgreSQL server, with faults around every call to it.

Events that destinations refuse break a constraint of the table here, which is added with its column.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from adapters.postgres import Answer, PostgresClient, PostgresError, Session
from adapters.reaching import Unreachable
from benchmarks.chaos.faults import Faults, Killed, Kind
from domain.postgres_place import PostgresPlace

_NUMBER = 'ADD COLUMN "number" bigint'
_STATES = {Kind.THROTTLE: "53300", Kind.PARTIAL: "40P01"}


class Server(Protocol):
    """The part of `tests.postgres_server.Server` that is used."""

    def dsn(self, user: str) -> str: ...

    def new_schema(self) -> str: ...

    def run(self, sql: str) -> list[list[Any]]: ...


class Postgres:
    """What outlives whoever calls: the server, and the schema of one run."""

    def __init__(self, server: Server, poisoned_every: int) -> None:
        self._server = server
        self.schema = server.new_schema()
        self.dsn = server.dsn(self.schema)
        self.check = f'CHECK ("number" % {poisoned_every} <> 0)'

    def event_ids(self, table: str) -> list[str]:
        return [event_id for (event_id,) in self._server.run(f"SELECT _event_id FROM {self.schema}.{table}")]  # noqa: S608


class Client:
    """Stands for the client of every environment, as one function calls it."""

    def __init__(self, postgres: Postgres, faults: Faults, function: str) -> None:
        self._postgres = postgres
        self._faults = faults
        self._name = f"{function}.postgres"

    def open(self, place: PostgresPlace, ca_certificates: str | None, seconds: float) -> "Faulty":
        session = Faulty(self._faults, self._name, self._postgres.check)
        session.begin(lambda: PostgresClient(own_machine=True).open(place, ca_certificates, seconds))
        return session


class Faulty:
    """A session whose every call may fail; one that broke stays so."""

    def __init__(self, faults: Faults, name: str, check: str) -> None:
        self._faults = faults
        self._name = name
        self._check = check
        self._session: Session | None = None

    def begin(self, opened: Callable[[], Session]) -> None:
        def work() -> Answer:
            self._session = opened()
            return Answer([], 0)

        self._failing("open", work)

    def run(self, sql: str, seconds: float) -> Answer:
        sql = sql.replace(_NUMBER, f"{_NUMBER} {self._check}")
        return self._failing("run", lambda: self._open().run(sql, seconds))

    def copy(self, sql: str, blocks: Iterable[bytes], seconds: float) -> None:
        def work() -> Answer:
            self._open().copy(sql, blocks, seconds)
            return Answer([], 0)

        self._failing("copy", work)

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _open(self) -> Session:
        if self._session is None:
            raise Unreachable("the session broke before", "answer")
        return self._session

    def _failing(self, call: str, work: Callable[[], Answer]) -> Answer:
        name = f"{self._name}.{call}"
        kind = self._faults.roll(name)
        if kind in _STATES:
            raise PostgresError(_STATES[kind], "failed on purpose")
        if kind in {Kind.KILL_BEFORE, Kind.TIMEOUT_BEFORE}:
            self._break(kind, name)
        answer = work()
        if kind is not None:
            self._break(kind, name)
        return answer

    def _break(self, kind: Kind, name: str) -> None:
        self.close()
        if kind in {Kind.KILL_BEFORE, Kind.KILL_AFTER}:
            raise Killed(name)
        raise Unreachable("timed out on purpose", "answer")
