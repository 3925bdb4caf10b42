"""Addresses that take events: each front door is tried alone, also one that no DNS name leads to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import httpx

TIMEOUT_SECONDS = 35.0  # a little more than the longest that a front door waits for a function

DoorKind = Literal["http_api", "load_balancer", "function_url", "other"]


@dataclass(frozen=True, slots=True)
class Door:
    """A front door: `address` is where it is; `host` the name that it is asked and its certificate checked for."""

    name: str
    address: str
    kind: DoorKind = "other"
    host: str | None = None


class Sender:
    """Sends requests to the ingest address of one environment through any door."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        """Open connections as they are needed; a test gives a transport of its own."""
        # Proxies of the environment would hide what a door really answers.
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, transport=transport, trust_env=transport is None)

    def close(self) -> None:
        self._http.close()

    def send(
        self,
        door: Door,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> httpx.Response:
        """Return the answer, of whatever status; raises `httpx.HTTPError` where there is none."""
        sent = {"User-Agent": "ingestctl-doctor", **(headers or {})}
        extensions = {}
        if door.host is not None:
            sent["Host"] = door.host
            extensions["sni_hostname"] = door.host
        return self._http.request(
            method, f"{door.address}{path}", params=tuple(query), headers=sent, content=content, extensions=extensions
        )
