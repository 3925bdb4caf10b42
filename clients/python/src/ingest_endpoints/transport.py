"""One kept connection to an ingest address."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

MIN_GZIP_BYTES = 1_024
MAX_ANSWER_BYTES = 4_194_304


class NoAnswer(Exception):  # noqa: N818 - what is the case
    """Nothing came back, or nothing that an ingest address says; the batch may have been taken or not."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    document: dict[str, Any]
    retry_after: str


class Transport:
    """Not safe to use from several threads at once."""

    def __init__(self, address: str, headers: Mapping[str, str], timeout: float, *, compresses: bool) -> None:
        """Take an address of `https` or `http`, with further headers for each request.

        Raises:
            ValueError: it is no such address.
        """
        parts = urlsplit(address)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("The address must look like https://in.example.com/e/env_….")
        self._is_tls = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        self._headers = dict(headers)
        self._timeout = timeout
        self._compresses = compresses
        self._connection: http.client.HTTPConnection | None = None

    def post(self, body: bytes, key: str) -> Answer:
        """Send a batch under its key.

        Raises:
            NoAnswer: the connection failed, or the answer is no JSON object.
        """
        headers = {**self._headers, "Content-Type": "application/json", "Idempotency-Key": key}
        if self._compresses and len(body) > MIN_GZIP_BYTES:
            body = gzip.compress(body, 6)
            headers["Content-Encoding"] = "gzip"
        try:
            connection = self._connected()
            connection.request("POST", self._path, body, headers)
            answer = connection.getresponse()
            text = answer.read(MAX_ANSWER_BYTES + 1)
            if answer.will_close or len(text) > MAX_ANSWER_BYTES:
                self.close()
            document = json.loads(text)
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            self.close()
            raise NoAnswer(type(error).__name__) from None
        if not isinstance(document, dict):
            raise NoAnswer("not an object")
        return Answer(answer.status, document, answer.headers.get("Retry-After", ""))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._is_tls else http.client.HTTPConnection
            self._connection = kind(self._host, self._port, timeout=self._timeout)
        return self._connection
