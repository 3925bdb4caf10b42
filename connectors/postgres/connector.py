"""PostgreSQL as a destination."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from connectors.postgres.capabilities import CAPABILITIES
from connectors.postgres.checks import Check
from connectors.postgres.columns import Placed, Plan, plan_of, renamed
from connectors.postgres.database import Database, Opens, connections_of, names_of, signed_in
from connectors.postgres.failures import FULL_SECONDS, Failed
from connectors.postgres.loading import Loading, TableBehind
from connectors.postgres.tables import State, ensure_table, look
from connectors.postgres.turns import NoTurn
from connectors.without_views import WithoutViews
from domain.delivery.budget import TimeBudget
from domain.delivery.connectors import Budget, Capabilities, CheckStep, ColumnApart, RevisionTable, TableOf, Target
from domain.delivery.landed import LandedObject, Outcomes
from domain.delivery.resting import AskedToWait
from domain.errors import Undelivered
from schemas.limits import POSTGRES_TRIES, POSTGRES_TURN_SECONDS

CHECK_SECONDS = 20.0
TABLES_SECONDS = 20.0
_PAUSE_SECONDS = 1.0
_TURN_PAUSE_SECONDS = 2.0
_TURN_TRIES = round(POSTGRES_TURN_SECONDS / _TURN_PAUSE_SECONDS)


class PostgresConnector(WithoutViews):
    """Implements `Connector`."""

    def __init__(
        self,
        client: Opens,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._sleep = sleep

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self, target: Target) -> list[CheckStep]:
        return Check(self._client, target, TimeBudget(CHECK_SECONDS, self._monotonic, self._sleep)).run()

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        budget = TimeBudget(TABLES_SECONDS, self._monotonic, self._sleep)
        names = names_of(target.destination)
        placed: list[Placed] = []
        state: State | None = None
        with signed_in(self._client, target, budget) as database:
            for table in tables:
                if state is None:
                    with database.transaction():
                        state = look(database, names)
                plan = plan_of(table, state.columns)
                # An environment may have run hundreds of revisions: what is there costs no call each.
                if not state.is_there or state.owner != target.environment_id or not plan.is_met:
                    plan = _made(database, target, table)
                    state = None
                placed += renamed(plan)
        return [ColumnApart(place.column.name, place.name) for place in placed]

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        for _ in range(_TURN_TRIES):
            with signed_in(self._client, target, budget) as database, suppress(NoTurn):
                return _loaded(database, target, landed, tables, budget)
            # Waiting holds no connection: those are what the turns are about.
            budget.wait(_TURN_PAUSE_SECONDS)
        most = connections_of(target.destination)
        raise AskedToWait(
            f"{most} writers load into the database already, as many as max_connections says.", FULL_SECONDS
        )


def _loaded(database: Database, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
    """Load an object, and give the table what it lacks for that; raises `NoTurn` as long as too many others load."""
    changed_for: set[str] = set()
    tries_left = POSTGRES_TRIES
    while True:
        try:
            return Loading(database, target, tables, landed.digest).deliver(landed)
        except TableBehind as behind:
            if behind.revision.revision_id in changed_for:
                raise Undelivered("Others keep changing the table.") from behind
            changed_for.add(behind.revision.revision_id)
            _made(database, target, behind.revision)
        except Failed as error:
            tries_left -= 1
            if not error.may_pass or not tries_left:
                raise
            budget.wait(_PAUSE_SECONDS, error)


def _made(database: Database, target: Target, table: RevisionTable) -> Plan:
    """Give the table what a revision needs, and return where its values go then."""
    with database.transaction():
        return ensure_table(database, names_of(target.destination), target.environment_id, table)
