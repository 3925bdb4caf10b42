"""Secrets on their way into the catalog: kept in their store first, named by an item only afterwards.

Before a secret is kept, a record says that it will be; the change that names it takes the record away in the same
transaction. So a record that is still there is of a secret that no item names, whatever was killed: it can go. It is
claimed before, which keeps a change that comes late from naming what is about to go.
"""

import logging
from contextlib import suppress

from domain.clock import Clock
from domain.delivery.ports import SecretStore
from domain.errors import Misconfigured, Undelivered
from domain.records.keys import BEGUN_SECRETS, begun_secret_key
from domain.records.ports import Conflict, Delete, Put, Table, Write
from schemas.limits import BEGUN_SECRET_SECONDS

_AT_ONCE = 100
_NS = 1_000_000_000
_FIRST_VERSION = 1

_LOGGER = logging.getLogger(__name__)


def begin(table: Table, name: str, now_ns: int) -> None:
    """Note that a secret is about to be kept; to be done before."""
    record = {"begun_at": now_ns // _NS, "is_going": False}
    table.transact([Put(begun_secret_key(name), record, 0)])


def naming(name: str) -> Write:
    """Return the write that belongs into the change whose item names the secret."""
    return Delete(begun_secret_key(name), _FIRST_VERSION)


def forget_unless_named(table: Table, secrets: SecretStore, name: str) -> bool:
    """Remove a secret that no change has named, and can name any more; return whether there was one."""
    record = table.get(begun_secret_key(name))
    if record is None:
        return False
    version = record.version
    if not record.data["is_going"]:
        try:
            table.transact([Put(record.key, {**record.data, "is_going": True}, version)])
        except Conflict:
            return False  # it has just been named, or another sweep is at it
        version += 1
    secrets.delete(name)
    with suppress(Conflict):  # another sweep was faster
        table.transact([Delete(record.key, version)])
    return True


def sweep_secrets(table: Table, secrets: SecretStore, clock: Clock) -> int:
    """Remove secrets whose change was never done, as by a crash; return how many there were."""
    before = clock() // _NS - BEGUN_SECRET_SECONDS
    removed = 0
    for record in table.query(BEGUN_SECRETS, limit=_AT_ONCE):
        if record.data["begun_at"] > before:
            continue
        try:
            removed += forget_unless_named(table, secrets, record.key.sk)
        except (Undelivered, Misconfigured) as error:
            _LOGGER.warning("secret %s, which nothing names, stays for now: %s", record.key.sk, error)
    return removed
