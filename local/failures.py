"""How the local run reports what should never happen: once, with the way there, and without any value."""

import logging
import traceback

_LOG = logging.getLogger("local")


def log_failure(doing: str, error: BaseException) -> None:
    """Log one traceback of `error` and its causes; their messages are left out, since they may quote an event."""
    lines = [f"Unhandled failure while {doing}"]
    chain: BaseException | None = error
    while chain is not None:
        lines += ["".join(traceback.format_tb(chain.__traceback__)).rstrip(), type(chain).__qualname__]
        chain = chain.__cause__ or chain.__context__
    _LOG.error("\n".join(line for line in lines if line))
