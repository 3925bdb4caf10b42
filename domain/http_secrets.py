"""What is kept secret of a destination over HTTP, as one text: the values of its headers, and its signing keys."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from domain.standard_webhooks import Keys


class HttpSecrets(NamedTuple):
    """Both; `keys` are the newest first."""

    headers: Mapping[str, str]
    keys: Keys


NO_SECRETS = HttpSecrets({}, ())


def text_of_secrets(secrets: HttpSecrets) -> str | None:
    """Return the text that is kept; None where there is nothing to keep."""
    if not secrets.headers and not secrets.keys:
        return None
    return json.dumps({"headers": dict(secrets.headers), "keys": list(secrets.keys)})


def secrets_of_text(text: str | None) -> HttpSecrets:
    """Return what a text of `text_of_secrets` holds."""
    if text is None:
        return NO_SECRETS
    kept = json.loads(text)
    return HttpSecrets(kept["headers"], kept["keys"])
