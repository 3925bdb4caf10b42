"""How many refusals of one object are taken as being about its events, and not about the destination."""

from domain.errors import Undelivered
from schemas.limits import MAX_REFUSALS, MAX_REFUSALS_IN_VAIN


class Refusals:
    """Counts the requests of one object that are refused.

    A destination that refuses everything is set up wrong, so that nothing of the object is set aside. One that accepts
    some is asked a bounded number of times.
    """

    def __init__(self) -> None:
        self._accepted = False
        self._count = 0

    def succeeded(self) -> None:
        """Note a request that was accepted, of which single events may be refused."""
        self._accepted = True

    def count(self, too_many: str) -> None:
        """Count a request that was refused.

        Raises:
            Undelivered: with the sentence `too_many`; the object waits.
        """
        self._count += 1
        if self._count > (MAX_REFUSALS if self._accepted else MAX_REFUSALS_IN_VAIN):
            raise Undelivered(too_many)

    def count_event(self, too_many: str) -> None:
        """Count an event that was refused alone: it costs no further request, so that the rest may follow."""
        if not self._accepted:
            self.count(too_many)
