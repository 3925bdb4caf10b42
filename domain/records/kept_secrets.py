"""Secrets on their way into the catalog: kept in their store first, named by an item only afterwards.

Before a secret is kept, a record says that it will be; the change that names it takes the record away in the same
transaction. So a record that is still there is of a secret that no item names, whatever was killed: it can go. It is
claimed before, which keeps a change that comes late from naming what is about to go.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from domain.clock import Clock
from domain.delivery.ports import SecretStore
from domain.errors import Misconfigured, Undelivered
from domain.records.change import Catalog
from domain.records.keys import BEGUN_SECRETS, begun_secret_key
from domain.records.ports import Conflict, Delete, Put, Table, Write
from schemas.limits import BEGUN_SECRET_SECONDS

CREDENTIALS_KIND = "sec"
HOOK_SECRETS_KIND = "hook"
ALERT_SECRETS_KIND = "alert"
"""What the names begin with under which destinations' credentials, secrets of webhooks and those of alerts' targets are
kept; `_` follows."""
_PAGE_ITEMS = 100
_MAX_AT_ONCE = 500
_NS = 1_000_000_000
_FIRST_VERSION = 1

_LOGGER = logging.getLogger(__name__)


@contextmanager
def keeping(catalog: Catalog, kind: str, secret: str | None) -> Iterator[str | None]:
    """Keep a secret, if there is one, and give its name, which begins with `kind`; None where there is none.

    It is forgotten again unless a change has named it (`naming`) by the end: at once where that is known, by a sweep
    where the process ends before.
    """
    if secret is None:
        yield None
        return
    name = catalog.new_id(kind, catalog.clock() // 1_000_000)
    begin(catalog.table, name, catalog.clock())
    try:
        catalog.secrets.put(name, secret)
        yield name
    finally:
        with suppress(Undelivered, Misconfigured):  # the sweep will
            forget_unless_named(catalog.table, catalog.secrets, name)


def begin(table: Table, name: str, now_ns: int) -> None:
    """Note that a secret is about to be kept; to be done before."""
    table.transact([retiring(name, now_ns)])


def naming(name: str | None) -> list[Write]:
    """Return what belongs into the change whose item names the secret, if there is one."""
    return [] if name is None else [Delete(begun_secret_key(name), _FIRST_VERSION)]


def retiring(name: str, now_ns: int) -> Write:
    """Return what belongs into the change after which no item names a secret that may still be read for a while.

    It goes with a sweep after `BEGUN_SECRET_SECONDS`.
    """
    return Put(begun_secret_key(name), {"begun_at": now_ns // _NS, "is_going": False}, 0)


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
    """Remove secrets that nothing names: replaced ones, and those whose change was never done, as by a crash.

    Return how many there were; of very many, some are left to the next sweep.
    """
    before = clock() // _NS - BEGUN_SECRET_SECONDS
    removed, last = 0, None
    while removed < _MAX_AT_ONCE:
        page = table.query(BEGUN_SECRETS, after=last, limit=_PAGE_ITEMS)
        for record in page:
            if record.data["begun_at"] > before:
                continue
            try:
                removed += forget_unless_named(table, secrets, record.key.sk)
            except (Undelivered, Misconfigured) as error:
                _LOGGER.warning("secret %s, which nothing names, stays for now: %s", record.key.sk, error)
        if len(page) < _PAGE_ITEMS:
            break
        last = page[-1].key.sk
    return removed
