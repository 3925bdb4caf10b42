"""What a destination itself needs: a data set, tables and a view; and credentials that are of no use any more to go.

Data is never removed: tables, views and objects stay when an environment is deleted.
"""

from collections.abc import Mapping
from typing import Any

from domain.catalog.delivered_environments import delivered_target, every_table
from domain.clock import Clock
from domain.delivery.connectors import Connectors
from domain.delivery.ports import SecretStore
from domain.errors import Misconfigured
from domain.records.kept_secrets import sweep_secrets
from domain.records.keys import environment_key
from domain.records.ports import Conflict, Put, Table
from functions.provisioner.steps import StillInUse
from schemas.items import pointer_key
from schemas.limits import LEAVING_SECRETS_SECONDS

_NS = 1_000_000_000


class Stores:
    """Implements `Step` for destinations."""

    def __init__(self, table: Table, connectors: Connectors, secrets: SecretStore, clock: Clock) -> None:
        self._table = table
        self._connectors = connectors
        self._secrets = secrets
        self._clock = clock

    def make(self, environment: Mapping[str, Any]) -> None:
        connector = self._connectors(environment["destination"]["type"])
        if connector is None:
            raise Misconfigured("This deployment does not deliver to the environment's destination any more.")
        if connector.capabilities.has_tables:
            target = delivered_target(environment, self._secrets)
            tables = every_table(self._table, environment)
            connector.make_tables(target, tables)
            connector.make_views(target, tables)
        self._forget_stale(environment)

    def waits_for(self, environment: Mapping[str, Any]) -> str | None:  # noqa: ARG002
        """Return None: what `make` made is there."""
        return None

    def remove(self, environment_id: str) -> None:
        pointer = self._table.get(pointer_key(environment_id))
        leaving = pointer.data.get("leaving", {}) if pointer is not None else {}
        names = [*leaving.get("stale_secrets", ()), *filter(None, [leaving.get("secret")])]
        if pointer is not None and pointer.data.get("hook_secrets"):
            names.append(pointer.data["hook_secrets"])
        if not names or pointer is None:
            return
        seconds_left = pointer.data["written_at"] + LEAVING_SECRETS_SECONDS - self._clock() / _NS
        if seconds_left > 0:
            raise StillInUse(seconds_left)
        for name in names:
            self._secrets.delete(name)

    def sweep(self) -> int:
        """Remove secrets that nothing names any more; return how many there were."""
        return sweep_secrets(self._table, self._secrets, self._clock)

    def _forget_stale(self, environment: Mapping[str, Any]) -> None:
        """Remove credentials that were replaced; the list of them shortens once they are gone."""
        stale = environment.get("stale_secrets")
        if not stale:
            return
        for name in stale:
            self._secrets.delete(name)
        item = self._table.get(environment_key(environment["endpoint_id"], environment["id"]))
        if item is None:
            return
        left = [name for name in item.data.get("stale_secrets", ()) if name not in stale]
        try:
            self._table.transact([Put(item.key, {**item.data, "stale_secrets": left}, item.version)])
        except Conflict:
            return  # the next look at this environment finds them again
