"""What a client may be told to send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # type checkers know it; it need not be installed

    EventT = TypeVar("EventT", bound=Mapping[str, Any], default=Mapping[str, Any])
else:
    from typing import TypeVar

    EventT = TypeVar("EventT")
