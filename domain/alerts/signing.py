"""The keys that sign messages to one target, as one text that is kept secret."""

import json

from domain.standard_webhooks import Keys


def keys_of_text(text: str) -> Keys:
    """Return the keys in a text of `text_of_keys`."""
    keys: Keys = json.loads(text)["keys"]
    return keys


def text_of_keys(keys: Keys) -> str:
    """Return the text that is kept."""
    return json.dumps({"keys": list(keys)})
