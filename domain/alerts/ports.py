"""What alerts need of the world: a way out to the addresses of their targets, and mail."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol


class Outcome(NamedTuple):
    """What became of one message to one target.

    `failed`: certainly not taken, so that it may be sent again. `unknown`: it may have arrived, so that it may not.
    """

    status: Literal["sent", "failed", "unknown"]
    error: str | None = None
    """Why, in one sentence that repeats nothing of the answer; None where it was sent."""


SENT = Outcome("sent")


class Poster(Protocol):
    """Makes one HTTP request to an address that a user gave; it never raises for what goes wrong out there."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Send a POST within `ALERT_SEND_SECONDS`; no redirect is followed. `sent` means a status of 200 to 299."""
        ...


Subscription = Literal["confirmed", "pending", "log"]
"""Of an address: it has confirmed that it wants mail, it has not yet, or mail to it is written to the log."""


class Mail(Protocol):
    """Mail to targets; an address is asked once whether it wants any.

    `enrol`, `subscription` and `remove` raise `Undelivered` when the call was not done, `Misconfigured` for what the
    operator has to fix.
    """

    def enrol(self, target_id: str, address: str) -> None:
        """Have the address asked, again if it has not confirmed yet."""
        ...

    def subscription(self, target_id: str) -> Subscription:
        """Return how it stands with the address of a target."""
        ...

    def remove(self, target_id: str) -> None:
        """Forget the address; one that is not there is no error."""
        ...

    def send(self, target_id: str, subject: str, text: str) -> Outcome:
        """Send a mail; it never raises for what the mail service says."""
        ...
