"""A file of events as requests that the server accepts: what one request can't hold goes in several, in order."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from ingestctl.client import Payload
from ingestctl.event_files import has_lines, is_packed, text_of

PART_EVENTS = 1_000  # as many as the server takes in a request
PART_BYTES = 4 * 1024 * 1024
UNPACKED_BYTES = 16 * 1024 * 1024

_SPACE = " \t\r\n"
_LINES = "application/x-ndjson"


class Part(NamedTuple):
    """A request's payload, and the number of events of the file before its first."""

    payload: Payload
    first: int


def parts_of(file: str, content: bytes) -> Iterator[Part]:
    """Yield what a file holds in requests of at most 1,000 events and 4 MiB.

    A file that fits into one request goes as it is, packed or not, and so does one that is not JSON: the server says
    what is wrong with it. An event that is too large alone is a request of its own.
    """
    text = text_of(file, content)
    events = _lines(text) if has_lines(file) else _elements(text)
    if events is None or (
        len(events) <= PART_EVENTS and len(content) <= PART_BYTES and len(text.encode()) <= UNPACKED_BYTES
    ):
        yield Part(Payload(content, _headers(file)), 0)
        return
    first = 0
    while first < len(events):
        last = first + 1
        size = len(events[first].encode()) + 1
        while last < len(events) and last - first < PART_EVENTS:
            size += len(events[last].encode()) + 1
            if size > PART_BYTES:
                break
            last += 1
        yield Part(_payload(file, events[first:last]), first)
        first = last


def _headers(file: str) -> dict[str, str]:
    headers = {"Content-Type": _LINES if has_lines(file) else "application/json"}
    return headers | ({"Content-Encoding": "gzip"} if is_packed(file) else {})


def _payload(file: str, events: list[str]) -> Payload:
    if has_lines(file):
        return Payload("\n".join(events).encode(), {"Content-Type": _LINES})
    return Payload(f"[{','.join(events)}]".encode(), {"Content-Type": "application/json"})


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip(_SPACE)]


def _elements(text: str) -> list[str] | None:
    """Return the texts of an array's elements, each as it stands; None if the text is no array."""
    decoder = json.JSONDecoder()
    at = _after_space(text, 0)
    if text[at : at + 1] != "[":
        return None
    elements: list[str] = []
    at = _after_space(text, at + 1)
    try:
        while True:
            _, end = decoder.raw_decode(text, at)
            elements.append(text[at:end])
            at = _after_space(text, end)
            if text[at : at + 1] != ",":
                break
            at = _after_space(text, at + 1)
    except (ValueError, RecursionError):
        return None
    return elements if text[at:].strip(_SPACE) == "]" else None


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
