"""The keys that signatures of webhooks are checked by, as management keeps them and ingest reads them.

All keys of an environment's webhooks are one secret, which costs one secret's price. After every change of any of them
it is kept under a new name, which the pointer tells: so the name is its version, too, and what stands under a name
never changes. Names that were replaced can be read for a while (`BEGUN_SECRET_SECONDS`), since a handler may go by an
earlier pointer for some seconds, and for some minutes where the catalog is out of reach.
"""

import binascii
import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from domain.delivery.ports import SecretReader
from domain.errors import Undelivered
from schemas.items import Pointer
from schemas.limits import HOOK_SECRETS_KEPT_SECONDS, HOOK_SECRETS_RETRY_SECONDS

MAX_ENVIRONMENTS_KEPT = 200
"""Of which a handler remembers the keys: at most 25 KB each."""

Keys = Mapping[str, list[bytes]]
"""By the webhook's name, one or two."""


def text_of_keys(keys: Keys) -> str:
    """Return the text that is kept."""
    return json.dumps({name: [key.hex() for key in its_keys] for name, its_keys in keys.items()})


def keys_of_text(text: str) -> dict[str, list[bytes]]:
    """Return the keys in a text of `text_of_keys`; raise `ValueError` for any other."""
    try:
        return {name: [bytes.fromhex(key) for key in its_keys] for name, its_keys in json.loads(text).items()}
    except (AttributeError, TypeError, binascii.Error) as error:
        raise ValueError("this is not what holds the keys of webhooks") from error


class _Known(NamedTuple):
    keys: Keys | None
    """None: they could not be read."""
    read_again_at: float


class HookSecrets:
    """Remembers keys of webhooks; one per process, shared by its threads.

    New keys are used as soon as the pointer names them, 5 seconds after their change at most. What was read is
    remembered for `HOOK_SECRETS_KEPT_SECONDS`, that it could not be read for `HOOK_SECRETS_RETRY_SECONDS`, so that
    requests of anyone make few calls. A race between threads costs at most a second reading.
    """

    def __init__(self, secrets: SecretReader, monotonic: Callable[[], float]) -> None:
        self._secrets = secrets
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}

    def secrets_of(self, environment: Pointer, hook_name: str) -> list[bytes]:
        """Return the keys of a webhook, one or two, any of which may have signed; none where its scheme has none.

        Raises:
            Undelivered: they can't be read at the moment: nothing can be said of a signature.
        """
        name = environment.get("hook_secrets")
        if name is None:
            return []
        known = self._known.get(name)
        now = self._monotonic()
        if known is None or now >= known.read_again_at:
            known = self._read(name, known, now)
        if known.keys is None:
            raise Undelivered("The secrets of the environment's webhooks can't be read.")
        return known.keys.get(hook_name, [])

    def _read(self, name: str, before: _Known | None, now: float) -> _Known:
        try:
            text = self._secrets.get(name)
            keys: Keys | None = None if text is None else keys_of_text(text)
        except (Undelivered, ValueError):
            keys = None
        if keys is None and before is not None:
            keys = before.keys  # the name's text never changes, so what was read once is still right
            known = _Known(keys, now + HOOK_SECRETS_RETRY_SECONDS)
        else:
            known = _Known(keys, now + (HOOK_SECRETS_RETRY_SECONDS if keys is None else HOOK_SECRETS_KEPT_SECONDS))
        self._known.pop(name, None)
        while len(self._known) >= MAX_ENVIRONMENTS_KEPT:
            self._known.pop(next(iter(self._known)), None)
        self._known[name] = known
        return known
