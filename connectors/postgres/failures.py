"""From what a server says to whose move it is.

Postgres repeats values in some of its messages, in quotes; they are left out here. Names are kept.
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.postgres import PostgresError
from adapters.reaching import Unreachable
from domain.delivery.resting import AskedToWait
from domain.errors import Undelivered

MISSING_TABLE = "42P01"
MISSING_COLUMN = "42703"
_FULL = frozenset({"53300", "53400"})
"""Too many connections, of the server, the database or the role."""
FULL_SECONDS = 30.0
_OF_VALUES = ("22", "P0", "XX")
"""Classes whose messages may repeat values."""
_QUOTED = re.compile(r""" ".*" | ["'\xab\xbb\u2018-\u201f\u2039\u203a\u300c-\u300f].* """, re.DOTALL | re.VERBOSE)
"""A value: each language has quotes of its own, and a message that was cut may lack the last."""
_STATE = re.compile(r"[0-9A-Z]{5}")
OF_FUNCTION = "PL/"
"""In the first line of where something happened, in every language: a function of the user's raised it."""
_OWN_BLOCK = "inline_code_block"
"""What Postgres calls code without a name, as the connector's own."""
_MAX_REASON_CHARS = 300
_AT_ONCE = ("40", "55P03", "57014", MISSING_TABLE, MISSING_COLUMN, "42P07", "42701", "23505")
"""What another try may change: transactions that collide, locks, and a table that others change."""
_FOR_GOOD = ("54",)


class Failed(Undelivered):
    """What a server did not do; `state` is the SQLSTATE."""

    def __init__(self, message: str, state: str, *, retryable: bool, is_of_function: bool = False) -> None:
        super().__init__(message, retryable=retryable)
        self.state = state
        self.is_of_function = is_of_function
        """Whether a function of the user's raised it, such as a trigger's."""

    @property
    def may_pass(self) -> bool:
        """Whether the same may be done at once, once the table was looked at again."""
        return self.state.startswith(_AT_ONCE)


def sentence(state: str, message: str, context: str) -> str:
    """Return what a server said, without values, as one sentence; `context` says where it happened."""
    if not _STATE.fullmatch(state):
        state = "XX000"
    # A function may raise any state, with any text.
    if state == "P0001" or _is_of_function(context):
        return f"A trigger of the table refused it ({state})."
    if state.startswith(_OF_VALUES):
        message = _QUOTED.sub("…", message)
    text = " ".join(message.split())[:_MAX_REASON_CHARS].rstrip(".: ")
    return f"PostgreSQL says: {text} ({state})."


def _is_of_function(context: str) -> bool:
    innermost = context.partition("\n")[0]
    return OF_FUNCTION in innermost and _OWN_BLOCK not in innermost


@contextmanager
def translated() -> Iterator[None]:
    """Raise `Undelivered` for what goes wrong within."""
    try:
        yield
    except Unreachable as error:
        raise Undelivered(str(error)) from error
    except PostgresError as error:
        message = sentence(error.state, str(error), error.context)
        if error.state in _FULL:
            raise AskedToWait(message, FULL_SECONDS) from error
        raise Failed(
            message,
            error.state,
            retryable=not error.state.startswith(_FOR_GOOD),
            is_of_function=_is_of_function(error.context),
        ) from error
