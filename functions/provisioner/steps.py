"""What an environment needs in the world, in parts: its destination's tables, its secrets, its domain.

A step is one part, with the same three verbs for all. Each verb may be called again at any time, also after a call of
it was cut short between any two of its own calls, and while another process is in the midst of it: it looks at what is
there and goes on from that. Nothing here believes a message; what has to be stands in the catalog.
"""

from collections.abc import Mapping
from typing import Any, Protocol


class NotYet(Exception):  # noqa: N818
    """The work is under way and has to be looked at again; if it stays so, it has failed, with this as the reason."""


class StillInUse(Exception):  # noqa: N818
    """Something has to go that may still be in use: the work has to be looked at again, however often."""

    def __init__(self, seconds: float = 0.0) -> None:
        """Take after how many seconds it is of use to look again."""
        super().__init__(f"still in use for {seconds:.0f} s")
        self.seconds = seconds


class Step(Protocol):
    """One part of what an environment needs.

    All verbs raise `Undelivered` for what time may fix or does not fix (`retryable`), and `Misconfigured` for what a
    person has to: an environment is then shown as failed, with the sentence of the error as the reason.
    """

    def make(self, environment: Mapping[str, Any]) -> None:
        """Make what is missing, and change what is not as the environment's item says."""
        ...

    def waits_for(self, environment: Mapping[str, Any]) -> str | None:
        """Return None once all of it is there and works, or else a sentence that says what is not."""
        ...

    def remove(self, environment_id: str) -> None:
        """Remove what there is for an environment that was deleted, or never got further than its making.

        Raises:
            StillInUse: what was accepted before still needs it; the verb is called again.
        """
        ...
