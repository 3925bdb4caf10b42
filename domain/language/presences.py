"""What a missing key of a field comes to."""

from collections.abc import Mapping
from typing import Any

from schemas.data_types import DataType, Presence


def may_be_missing(field: Mapping[str, Any]) -> bool:
    """Say whether an event may leave the key out, or make it null, which is the same.

    An OBJECT with the presence `default` is created empty, so its children decide.
    """
    presence = field.get("presence", Presence.REQUIRED)
    if presence == Presence.DEFAULT and field["type"] == DataType.OBJECT:
        return all(map(may_be_missing, field["fields"]))
    return bool(presence != Presence.REQUIRED)
