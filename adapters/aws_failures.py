"""What a failed call of the AWS SDK means: whose move it is, and whether time helps.

The vendor's text may repeat what was sent, so what is raised here has its code, and nothing else of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
)

from adapters.aws_codes import is_passing
from domain.errors import Misconfigured, Undelivered

CONFIG = Config(
    connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 4, "mode": "standard"}, tcp_keepalive=True
)
"""For clients of everything that has no patience of its own."""

_FORBIDDEN = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "KMS.AccessDeniedException",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)


_ABOUT_ACCESS = ("AccessDenied", "InvalidAccountId", "KMS", "Kms", "NotAuthorized")

_CUT_SHORT = (ConnectionError, HTTPClientError, IncompleteReadError)


def is_about_access(code: str) -> bool:
    """Say whether a code is about grants, or about a key that encrypts, and not about what was sent."""
    return code in _FORBIDDEN or code.startswith(_ABOUT_ACCESS)


class Failure(NamedTuple):
    """The vendor's code, or the kind of a failure without an answer; `status` is 0 without one."""

    code: str
    passing: bool
    status: int = 0

    @property
    def is_forbidden(self) -> bool:
        return self.code in _FORBIDDEN


def failure_from(error: ClientError | BotoCoreError) -> Failure:
    """Return what there is to know of a failed call."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return Failure(code, is_passing(code, status), status)
    if isinstance(error, NoCredentialsError):
        return Failure("AccessDenied", passing=False)
    return Failure(type(error).__name__, isinstance(error, _CUT_SHORT))


@contextmanager
def translated(doing: str, *, forbidden_is_misconfigured: bool = True) -> Iterator[None]:
    """Turn the SDK's errors into ours.

    Args:
        doing: what was to be done, such as `make a delivery stream`; it becomes part of a sentence.
        forbidden_is_misconfigured: whether a missing grant is the operator's to fix at once (`Misconfigured`), or one
            more way not to be served (`Undelivered`), as in the middle of someone's request.

    Raises:
        Misconfigured: a grant is missing.
        Undelivered: anything else; `retryable` where time may help.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        failure = failure_from(error)
        if failure.is_forbidden and forbidden_is_misconfigured:
            raise Misconfigured(
                f"AWS does not let this deployment {doing} ({failure.code}): grant its role what is missing."
            ) from None
        raise Undelivered(f"AWS did not {doing}: {failure.code}.", retryable=failure.passing) from None
