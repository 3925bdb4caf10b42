"""The error tree, by whose move it is.

    Rejected         the caller's: answered 4xx with a code of the closed set
    Undelivered      the destination's, or time's
    Misconfigured    the operator's: at start or at save, never per request

Anything else that is raised is our fault: 500, one log line, one alarm.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.codes import PROBLEM_STATUS, Problem
from schemas.limits import MAX_ERRORS

_MAX_POINTER_CHARS = 1_000


class Rejected(Exception):  # noqa: N818 - an outcome, not a mishap
    """A request that can't be served as it is, and what its sender can do about it."""

    def __init__(
        self,
        code: Problem,
        message: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Take one plain sentence that names the field and the remedy, never the value.

        Args:
            code: the problem's code; its status comes from `PROBLEM_STATUS`.
            message: the sentence.
            errors: rows of `{"pointer", "code", "message"}` (422).
            headers: further response headers, such as `Retry-After`.
            extra: further members of the problem document.
        """
        super().__init__(message)
        self.code = code
        self.message = message
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    @property
    def status(self) -> int:
        return PROBLEM_STATUS[self.code]


class FaultyRequest(Rejected):
    """A request whose faults each stand at a place of it; the first one is told in the message, too."""

    def __init__(self, errors: Sequence[Mapping[str, str]], *, extra: Mapping[str, Any] | None = None) -> None:
        """Take rows of `{"pointer", "code", "message"}`, of which there has to be one."""
        told = first_fault(errors[:MAX_ERRORS], has_more=len(errors) > MAX_ERRORS)
        super().__init__(Problem.INVALID_REQUEST, told, errors=errors, extra=extra)


def bounded_pointer(pointer: str, chars: int = _MAX_POINTER_CHARS) -> str:
    """Return a pointer whose length the caller does not decide: of a longer one, what leads nearest to its place."""
    while len(pointer) > chars:
        pointer = pointer.rpartition("/")[0]
    return pointer


def first_fault(errors: Sequence[Mapping[str, str]], *, has_more: bool, pointer_chars: int = _MAX_POINTER_CHARS) -> str:
    """Return the first of some faults with its place, and how many others there are, or are at least."""
    pointer, others = bounded_pointer(errors[0]["pointer"], pointer_chars), len(errors) - 1
    first = f"{pointer}: {errors[0]['message']}" if pointer else errors[0]["message"]
    if has_more:
        return f"{first} At least {others + 1} more {'faults' if others else 'fault'}."
    return first if others == 0 else f"{first} {others} more {'fault' if others == 1 else 'faults'}."


class Undelivered(Exception):  # noqa: N818
    """A service that should have taken something did not; `retryable` says whether time may help."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class Misconfigured(Exception):  # noqa: N818
    """A setting that can't work; the message names it and the remedy."""
