"""Calls of AWS that take several entries: what a refusal of one entry, or of the whole call, is about."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from adapters.aws_codes import is_passing, plain_code
from adapters.aws_failures import failure_from, is_about_access, translated
from domain.delivery.entries import EntriesRefused
from domain.delivery.ports import PutFailure


@contextmanager
def one_call(doing: str, about_entries: Collection[str]) -> Iterator[None]:
    """Turn the SDK's errors into ours.

    Args:
        doing: what was to be done, such as `send messages`.
        about_entries: the vendor's codes for a call that is refused because of what its entries hold.

    Raises:
        EntriesRefused: the call has one of these codes.
        Misconfigured: a grant is missing.
        Undelivered: anything else; `retryable` where time may help.
    """
    with translated(doing):
        try:
            yield
        except ClientError as error:
            code = _last_part(failure_from(error).code)
            if code in about_entries:
                raise EntriesRefused(_refused(code)) from None
            raise


def failure_of_entry(code: object, *, is_the_senders: bool = True) -> PutFailure:
    """Return why an entry was refused; what is about the service or a grant, and not about the entry, may pass."""
    name = _last_part(plain_code(code))
    passes = not is_the_senders or is_passing(name, 0) or is_about_access(name)
    return PutFailure(_refused(name), retryable=passes)


def _refused(code: str) -> str:
    return f"AWS refused it: {code}."


def _last_part(code: str) -> str:
    """Return a code without the family that SQS puts before some: `AWS.SimpleQueueService.`."""
    return code.rpartition(".")[2]
