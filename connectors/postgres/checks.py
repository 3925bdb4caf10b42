"""The live check: all that delivery does, done once with a table of its own, in a transaction that is taken back."""

from uuid import uuid4

from connectors.postgres.columns import OBJECT
from connectors.postgres.database import Database, Names, Opens, names_of, signed_in
from connectors.postgres.tables import KEY, check_owner, create, look
from domain.delivery.connectors import Budget, CheckStep, Target, failed_step
from domain.errors import Misconfigured, Undelivered
from domain.warehouses.quoting import double_quoted
from schemas.stamps import RECEIVED_AT, REVISION_ID

_ENCODING = "UTF8"


class Check:
    """Tries one destination."""

    def __init__(self, client: Opens, target: Target, budget: Budget) -> None:
        self._client = client
        self._target = target
        self._budget = budget
        self._passed: list[CheckStep] = []
        self._trying = "connect"

    def run(self) -> list[CheckStep]:
        """Return the steps, the failed one last."""
        names = names_of(self._target.destination)
        try:
            with (
                signed_in(self._client, self._target, self._budget) as database,
                database.transaction(keeps=False),
            ):
                self._try(database, names)
        except (Undelivered, Misconfigured) as error:
            return [*self._passed, failed_step(self._trying, str(error))]
        return self._passed

    def _try(self, database: Database, names: Names) -> None:
        if database.select("SHOW server_encoding", str) != [[_ENCODING]]:
            raise Undelivered(f"The database has another encoding; it has to be {_ENCODING}.", retryable=False)
        self._next("schema")
        state = look(database, names)
        self._next("name")
        check_owner(state, names, self._target.environment_id)
        self._next("table")
        probe = Names(names.schema, f"ingest_check_{uuid4().hex[:12]}")
        create(database, probe, "check")
        database.run(f"ALTER TABLE {probe.quoted} ADD COLUMN probe jsonb")
        self._next("write")
        staging = "pg_temp.ingest_staging"
        database.run(f"CREATE TEMPORARY TABLE {staging} (v0 text, v1 text) ON COMMIT DROP")
        database.copy(f"COPY {staging} FROM STDIN", [b'evt_check\t{"probe":true}\n'])
        columns = ", ".join([KEY, *map(double_quoted, (RECEIVED_AT, REVISION_ID, OBJECT, "probe"))])
        database.run(
            f"INSERT INTO {probe.quoted} ({columns}) "
            f"SELECT v0, now(), 'rev_check', gen_random_uuid(), v1::jsonb FROM {staging} ON CONFLICT ({KEY}) DO NOTHING"
        )
        self._next("")

    def _next(self, name: str) -> None:
        self._passed.append(CheckStep(self._trying))
        self._trying = name
