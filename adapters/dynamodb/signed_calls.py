"""Calls to DynamoDB without an SDK: for ingest, which has no time for one."""

import binascii
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson

from adapters.aws_codes import PASSING
from adapters.aws_http.client import JsonClient, Refused
from domain.chance import chance
from domain.errors import Undelivered
from domain.items import Conflict

CALL_SECONDS = 1.0
TRIES = 3
FIRST_PAUSE_SECONDS = 0.05

_CONDITION_FAILED = "ConditionalCheckFailed"


class SignedCalls:
    """Implements `Call`; safe to use from several threads."""

    def __init__(
        self,
        client: JsonClient,
        *,
        tries: int = TRIES,
        seconds: float = CALL_SECONDS,
        sleep: Callable[[float], object] = time.sleep,
        random: Callable[[], float] = chance,
    ) -> None:
        """Take a client of DynamoDB, how often a call is tried and how long each time, and what to wait with.

        `random` returns 0 to 1.
        """
        self._client = client
        self._tries = tries
        self._seconds = seconds
        self._sleep = sleep
        self._random = random

    def __call__(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a request that may be sent more than once.

        Raises:
            Conflict: the condition of a write did not hold.
            Undelivered: retryable after all failed tries, not retryable where time would not help.
        """
        name = _wire_name(operation)
        payload = orjson.dumps(request, default=_wire_value)
        for attempt in range(1, self._tries + 1):
            try:
                return _with_bytes(self._client.call(name, payload, seconds=self._seconds))  # type: ignore[no-any-return]
            except Refused as refused:
                reason, passing = _reason(refused)
            except Undelivered as error:
                reason, passing = str(error), error.retryable
            if not passing:
                raise Undelivered(f"DynamoDB refused {operation}: {reason}.", retryable=False) from None
            if attempt < self._tries:
                self._sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * self._random())
        raise Undelivered(f"DynamoDB did not do {operation} in {self._tries} tries: {reason}.") from None


def _reason(refused: Refused) -> tuple[str, bool]:
    """Return the code of a failure and whether it passes; raise `Conflict` if it is one."""
    code = refused.code
    if code == "TransactionCanceledException":
        rows = refused.answer.get("CancellationReasons") or []
        codes = [str(row.get("Code") or "None") for row in rows]
        failed = [index for index, reason in enumerate(codes) if reason == _CONDITION_FAILED]
        if failed:
            raise Conflict(failed) from None
        causes = {cause for cause in codes if cause != "None"}
        return f"{code} for {', '.join(sorted(causes)) or 'no reason'}", causes <= PASSING
    if code == f"{_CONDITION_FAILED}Exception":
        raise Conflict([0]) from None
    return code, refused.retryable


@cache
def _wire_name(operation: str) -> str:
    """Return an operation's name as it travels: `get_item` as `GetItem`."""
    return "".join(word.capitalize() for word in operation.split("_"))


def _wire_value(value: object) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return binascii.b2a_base64(value, newline=False).decode("ascii")
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a request to DynamoDB holds a {type(value).__name__}")


def _with_bytes(value: Any) -> Any:
    """Return an answer in which binary values are bytes: `{"B": base64}` and `{"BS": [base64, …]}`."""
    if isinstance(value, list):
        return [_with_bytes(element) for element in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, content),) = value.items()
        if kind == "B" and isinstance(content, str):
            return {kind: binascii.a2b_base64(content)}
        if kind == "BS" and isinstance(content, list):
            return {kind: [binascii.a2b_base64(element) for element in content]}
    return {name: _with_bytes(content) for name, content in value.items()}
