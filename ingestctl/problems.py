"""What can go wrong: `Refused` by the server or for what a file says (exit 1); `Misused` as a command (exit 2)."""

from collections.abc import Mapping, Sequence
from typing import Any


class Misused(Exception):  # noqa: N818 - said to the person at the keyboard
    """The command can't be carried out as it was given; nothing was changed."""


class Refused(Exception):  # noqa: N818 - an answer, not a mishap
    """A problem in the server's shape: `code`, `message`, `errors` of `{"pointer", "code", "message"}`.

    An error of a file also has `file`, `line` and `column` (from 1). `status` is None where no server spoke.
    `has_more` says that there are more faults than it lists.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        request_id: str | None = None,
        has_more: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.errors = [dict(error) for error in errors]
        self.request_id = request_id
        self.has_more = has_more

    def document(self) -> dict[str, Any]:
        """Return the problem as `--json` shows it."""
        shown: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.request_id is not None:
            shown["request_id"] = self.request_id
        shown["errors"] = self.errors
        if self.has_more:
            shown["more"] = True
        return shown
