"""From what Google's client raises to whose move it is. BigQuery's own words are kept: they name tables, not values."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions

from domain.errors import Undelivered

# https://cloud.google.com/bigquery/docs/error-messages
_PASSING_REASONS = frozenset(
    {"backendError", "internalError", "jobBackendError", "jobInternalError", "jobRateLimitExceeded", "quotaExceeded",
     "rateLimitExceeded", "tableUnavailable", "timeout"}
)  # fmt: skip
NO_RETRY: Any = None
"""What every call of the client is given: it is tried again here, within the time that there is."""

_FINAL_AUTH = re.compile(r"invalid_grant|invalid_target|unauthorized_client|PERMISSION_DENIED")
"""What Google's token services call that which time does not fix. Everything else they say may pass: google-auth calls
any answer but 200 final, that of a service that is down, too."""
_LOCATION = re.compile(r"^[0-9]{3} (GET|POST|PUT|PATCH|DELETE) \S+ ", re.ASCII)
_MAX_REASON_CHARS = 300


class MissingTable(Undelivered):
    """A table that is not there, or, straight after it was made, not there yet."""


class RefusedRequest(Undelivered):
    """A request that BigQuery takes for wrong as a whole: sent again as it is, it would be refused again."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise `Undelivered` for everything that a call of Google's client raises; `doing` completes `could not …`."""
    try:
        yield
    except exceptions.NotFound as error:
        raise MissingTable(reason_of(error)) from error
    except exceptions.GoogleAPICallError as error:
        if error.code in {400, 413} and not _may_get_better(error):
            raise RefusedRequest(reason_of(error), retryable=False) from error
        raise Undelivered(reason_of(error), retryable=_may_get_better(error)) from error
    except (requests.Timeout, exceptions.RetryError, TimeoutError) as error:
        raise Undelivered(f"BigQuery did not answer in time; it could not {doing}.") from error
    except (requests.ConnectionError, ConnectionError, auth_exceptions.TransportError) as error:
        raise Undelivered(f"BigQuery can't be reached; it could not {doing}.") from error
    except auth_exceptions.GoogleAuthError as error:
        raise _unauthorized(error, doing) from error
    except requests.RequestException as error:
        raise Undelivered(f"What BigQuery answered can't be read; it could not {doing}.") from error


def reason_of(error: exceptions.GoogleAPICallError) -> str:
    """Return what Google says, as one sentence."""
    errors = [row for row in error.errors if isinstance(row, dict) and row.get("message")]
    text = str(errors[0]["message"]) if errors else _LOCATION.sub("", error.message or "BigQuery refused it")
    return sentence(text)


def sentence(text: str) -> str:
    """Return a text on one line, bounded, with a full stop."""
    line = " ".join(text.split())[:_MAX_REASON_CHARS]
    return line if line.endswith(".") else f"{line}."


def is_passing(reason: str) -> bool:
    """Say whether time may help against what BigQuery calls so."""
    return reason in _PASSING_REASONS


def _unauthorized(error: auth_exceptions.GoogleAuthError, doing: str) -> Undelivered:
    """Return what a failure to get a token means; its own text is looked at and never repeated."""
    if _FINAL_AUTH.search(" ".join(str(part) for part in error.args)) and not getattr(error, "retryable", False):
        message = "Google does not take the credentials; they may have been revoked, or are not what Google gave out."
        return Undelivered(message, retryable=False)
    return Undelivered(f"Google gave no token for the credentials; without one it could not {doing}.")


def _may_get_better(error: exceptions.GoogleAPICallError) -> bool:
    if isinstance(error, exceptions.ServerError | exceptions.TooManyRequests):
        return True
    reasons = {row.get("reason") for row in error.errors if isinstance(row, dict)}
    return bool(reasons & _PASSING_REASONS)
