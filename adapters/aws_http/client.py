"""Calls of AWS's JSON services, signed, over connections that are kept: what the SDK does in a fifth of its time.

Retries are the caller's business, since only it knows how long someone waits.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from adapters.aws_codes import is_passing, plain_code
from adapters.aws_http.connection import Answer
from adapters.aws_http.credentials import Credentials, credentials_from_environment
from adapters.aws_http.endpoint import Endpoint, Service, endpoint_from_variables, region_from_variables
from adapters.aws_http.pool import Pool
from adapters.aws_http.signing import Signer
from domain.errors import Undelivered


class Refused(Exception):  # noqa: N818
    """The service answered that it did not do what it was asked for.

    `code` is the service's; `answer` is the whole of what it said, which may repeat what was sent and is not for logs.
    """

    def __init__(self, operation: str, code: str, status: int, answer: Mapping[str, Any]) -> None:
        super().__init__(f"AWS refused {operation}: {code}.")
        self.code = code
        self.status = status
        self.answer = answer

    @property
    def retryable(self) -> bool:
        return is_passing(self.code, self.status)


class JsonClient:
    """Calls one service; safe to use from several threads."""

    def __init__(
        self,
        service: Service,
        region: str,
        endpoint: Endpoint,
        *,
        seconds: float,
        credentials: Callable[[], Credentials] = credentials_from_environment,
    ) -> None:
        """Take what a call needs; `seconds` bounds each, connecting included."""
        self._target_prefix = service.target_prefix
        self._signer = Signer(service.name, region)
        self._pool = Pool(endpoint)
        self._seconds = seconds
        self._credentials = credentials
        self._headers = {"host": endpoint.host_header, "content-type": service.content_type}

    def call(
        self,
        operation: str,
        payload: bytes,
        *,
        seconds: float | None = None,
        again: Callable[[], bytes] | None = None,
    ) -> dict[str, Any]:
        """Return the answer to a request that may arrive twice.

        Args:
            operation: as the service writes it, such as `PutRecordBatch`.
            payload: JSON.
            seconds: how long it may take, where that is not what the client was made with.
            again: makes the payload of a second request, sent because a kept connection was closed without an answer
                to the first, where that has to say that it is the second.

        Raises:
            Refused: the service did not do it, and said so.
            Undelivered: no answer came, and nobody knows whether it was done.
        """
        second = None if again is None else lambda: self._signed(operation, again())
        try:
            answer = self._pool.exchange(
                *self._signed(operation, payload), self._seconds if seconds is None else seconds, second
            )
        except OSError as error:
            raise Undelivered(f"AWS did not answer {operation}: {type(error).__name__}.") from error
        return _answered(operation, answer)

    def _signed(self, operation: str, payload: bytes) -> tuple[bytes, bytes]:
        """Return head and body of a request."""
        headers = self._signer.sign(
            "POST",
            "/",
            "",
            {**self._headers, "x-amz-target": f"{self._target_prefix}.{operation}"},
            payload,
            self._credentials(),
            int(time.time()),
        )
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        return f"POST / HTTP/1.1\r\n{lines}content-length: {len(payload)}\r\n\r\n".encode("latin-1"), payload

    def prepare(self) -> None:
        """Load what the first secure connection would load: at a function's start that costs nobody's time.

        Raises:
            Misconfigured: the CA bundle can't be read.
        """
        self._pool.prepare()

    def close(self) -> None:
        """Close the connections that are idle."""
        self._pool.close()


def make_client(service: Service, variables: Mapping[str, str] = os.environ, *, seconds: float) -> JsonClient:
    """Return a client of a service where the environment says that it is.

    Raises:
        Misconfigured: the environment names no region, or an address that is none.
    """
    return JsonClient(
        service, region_from_variables(variables), endpoint_from_variables(service, variables), seconds=seconds
    )


def _answered(operation: str, answer: Answer) -> dict[str, Any]:
    try:
        fields = orjson.loads(answer.body) if answer.body else {}
    except orjson.JSONDecodeError:
        fields = None
    if answer.status != 200:
        said: dict[str, Any] = fields if isinstance(fields, dict) else {}
        code = said.get("__type") or answer.headers.get(b"x-amzn-errortype", b"").decode("latin-1")
        raise Refused(operation, plain_code(code or f"HTTP{answer.status}"), answer.status, said)
    if not isinstance(fields, dict):
        raise Undelivered(f"AWS answered {operation} with something that is no JSON object.")
    return fields
