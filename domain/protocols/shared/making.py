"""Events that a protocol passes on as they are."""

from typing import Any

from domain.protocols.shared.reading import Unread, dumps
from domain.protocols.shared.shape import Made


def unchanged(event: Any) -> Made:
    """Return what is no object, or could not be read, as an event: it is refused with its text as it came."""
    return Made(event.text, is_unread=event.is_costly) if type(event) is Unread else Made(dumps(event))
