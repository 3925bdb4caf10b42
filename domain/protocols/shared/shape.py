"""The shape that every protocol has: what it is given, what it makes of that, and what it answers."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from domain.msgspec_core import Struct
from schemas.codes import Problem
from schemas.limits import MAX_EVENTS_PER_REQUEST

MAX_ADDED_BYTES = 1_000
"""So much may be written into each event of a request without a look at what they take together."""


class Sent(Struct, frozen=True, gc=False):
    """A request on a protocol's route.

    `route` is the route as the table of routes has it, `part` the text that stands for its `{…}`. Header names are in
    lower case; `query` holds the last value of each name. `body` is decoded from its `Content-Encoding`.
    `received_at` is RFC 3339 in UTC. `hook_scheme` is how the webhook of this name is signed; empty on any other route,
    and in a dry run. On routes of configuration alone, `address` is the environment's address without scheme, such as
    `ingest.example.com/e/env_…`, and `scheme` that.
    """

    method: str
    route: str
    part: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    received_ns: int
    received_at: str
    environment_id: str
    hook_scheme: str = ""
    address: str = ""
    scheme: str = ""


class Made(Struct, gc=False):
    """One event as its protocol makes it.

    `text` is validated, kept in quarantine and redriven. `own_id` is the sender's own id of the event, as JSON text or
    as a text, None where it has none. `content` is what its sender made, without what changes from try to try; empty
    stands for the first `content_bytes` of `text`, or, with 0, for all of it. `is_unread` says that the event costs
    more than may be spent on it: it is refused, with its text as it was sent.
    """

    text: bytes
    own_id: bytes | str | None = None
    content: bytes = b""
    content_bytes: int = 0
    is_unread: bool = False

    @property
    def sender_id(self) -> str | None:
        """The sender's own id of the event, None where it has none."""
        own_id = self.own_id
        if own_id is None or isinstance(own_id, str):
            return own_id
        text: str = json.loads(bytes(own_id))  # which may hold half a character
        return text

    @property
    def of_sender(self) -> bytes:
        """What its sender made."""
        return self.content or self.text[: self.content_bytes or None]


class Reply(Struct, frozen=True, gc=False):
    """An answer in a protocol's own form.

    `body` is an object that becomes JSON, or bytes; `content_type` None is JSON's. An `is_image` answer has the status,
    and a GIF for its body.
    """

    status: int
    body: Mapping[str, Any] | bytes
    content_type: str | None = None
    headers: Mapping[str, str] = {}
    is_image: bool = False


class Translated(Struct, frozen=True, gc=False):
    """The events of a request, in order.

    `keys` are the write keys that the body holds, as texts or as the members that say them. `are_json` says that each
    event's text is one JSON value, since the protocol wrote it itself, of values that were read: such texts may be read
    together. `reply` answers a request that is none of events, such as a test of the connection; `left_out` counts what
    the protocol sends beside events, so that a request of nothing else is a success.
    """

    events: Sequence[Made]
    keys: Collection[Any] = ()
    are_json: bool = False
    reply: Reply | None = None
    left_out: int = 0


class Ending(Enum):
    """How a request ended: the columns of the table of answers."""

    KEPT = "kept"
    """Every event was accepted or quarantined, or some of them."""
    REJECTED = "rejected"
    """No event was kept, and at least one is invalid."""
    OVER_RATE = "over rate"
    PLAN_USED_UP = "plan used up"
    NOT_DURABLE = "not durable"
    """Some events, or all, must be sent again."""
    REFUSED = "refused"
    """Unreadable, too large, another origin, no key, deleted, our fault."""


class Result(Struct, frozen=True, gc=False):
    """What became of a request, for the protocol to say in its own form.

    `status`, `code` and `native` are what a native request would be told: the code is None and `native` holds `ok`,
    `accepted`, … where something was kept; else `native` is the problem document. `rows` are the results, one per event
    in order, empty where all were accepted or none was looked at. `sent` is None where the request was refused before
    it was read, `translated` where its body was not; `headers` are the request's, with names in lower case.
    """

    ending: Ending
    status: int
    code: Problem | None
    native: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    sent: Sent | None
    translated: Translated | None
    received_ns: int
    request_id: str
    query: Mapping[str, str]
    route: str
    headers: Mapping[str, str] = {}


class Protocol(NamedTuple):
    """What a protocol's file holds as `PROTOCOL`.

    Args:
        translate: a pure function from a request to its events. It raises `Rejected` for a request that can't be read
            as a whole, and returns what is not JSON as one event, as it came.
        answer: says in the protocol's form what became of a request.
        configure: answers the routes of configuration; such a request is neither kept nor counted.
        key_parameters: the names besides `writeKey` under which a query may hold the write key; headers are looked at
            for every protocol, and `Translated.keys` has those of the body.
        has_credentials: whether its browsers send with credentials, and need to be told that they may.
        reads_before_limits: whether the answer to a request over its limit must list the request's events.
        max_events: how many events a request may have.
        is_signed: on routes of webhooks, says whether one of the secrets has signed a request, whose `body` is as it
            was sent. It is asked before anything is read.
        is_in_lines: whether a body has one event a line, as a rule, so that lines tell how many an unread one brings.
    """

    translate: Callable[[Sent], Translated]
    answer: Callable[[Result], Reply]
    configure: Callable[[Sent], Reply] | None = None
    key_parameters: Sequence[str] = ()
    has_credentials: bool = False
    reads_before_limits: bool = False
    max_events: int = MAX_EVENTS_PER_REQUEST
    is_signed: Callable[[Sent, Sequence[bytes]], bool] | None = None
    is_in_lines: bool = False


def native_answer(result: Result) -> Reply:
    """Answer as a native request is answered, but that what was kept is a success."""
    return Reply(result.status, result.native)
