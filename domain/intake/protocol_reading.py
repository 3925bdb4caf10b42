"""A request in another collector's protocol, as far as it is read: whose it is, what signs it, and its events.

Imported at the first such request; what a native request needs is not here.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from domain.errors import Rejected
from domain.http import HttpRequest
from domain.intake.events import lines_at_least
from domain.intake.payload import BYTE_ORDER_MARK, checked_body
from domain.intake.protocol_ids import ids_of_events
from domain.intake.sent_body import BEGINNING_BYTES, beginning_of_body, is_body_encoded, whole_body
from domain.intake.translated_texts import TranslatedTexts
from domain.intake.write_keys import before_colon, keys_of_head
from domain.msgspec_core import Raw, Struct
from domain.protocols.routes import Route
from domain.protocols.shared.loading import protocol_named
from domain.protocols.shared.members import text_of
from domain.protocols.shared.shape import Protocol, Sent, Translated
from domain.validation.json_cuts import first_key_among, key_after_texts
from schemas.codes import Problem
from schemas.items import Pointer

if TYPE_CHECKING:
    from domain.hook_secrets import HookSecrets
    from domain.intake.directory import Canary, Environment


_OF_EVERY_ROUTE = ("HEAD", "OPTIONS")


class ReadRequest(Struct):
    """One request on a protocol's route, from its address to its answer."""

    _request: HttpRequest
    route: Route
    route_name: str
    part: str
    name: str
    """The protocol's."""
    protocol: Protocol
    _is_decided: bool = False
    received_ns: int = 0
    """When it came, as far as that is known."""
    pointer: Pointer | None = None
    """Of the side of its environment that serves it, once that was chosen."""
    _whole: bytes | None = None
    """The body, once it was decoded."""
    _sent: Sent | None = None
    _signed: Sent | None = None
    """With its body as it came, once its signature was looked at."""
    _translated: Translated | None = None
    _unreadable: Rejected | None = None

    def decide_early(self) -> None:
        """Find out whose the request is where protocols share its route, as far as the beginning of its body tells."""
        if self.route.by_key:
            with suppress(Rejected):
                self._decide_by(self._first_key())

    def decide(self) -> None:
        """Find out whose the request is where protocols share its route, if the beginning of its body did not tell.

        That takes decoding all of it, so it comes after the address and the origin.
        """
        if self.route.by_key and not self._is_decided:
            with suppress(Rejected):
                self._decide_by(first_key_among(self._body().removeprefix(BYTE_ORDER_MARK), self.route.by_key))

    def _body(self) -> bytes:
        """Return the body, decoded once."""
        if self._whole is None:
            self._whole = whole_body(self._request)
        return self._whole

    def _first_key(self) -> str | None:
        """Return the first key that tells, as far as the beginning of the body says it."""
        by_key = self.route.by_key
        key = None
        if not is_body_encoded(self._request):
            key = key_after_texts(checked_body(self._request), by_key, BEGINNING_BYTES)
        if key is not None:
            return key
        return first_key_among(beginning_of_body(self._request).removeprefix(BYTE_ORDER_MARK), by_key)

    def _decide_by(self, key: str | None) -> None:
        if key is not None:
            self._is_decided = True
            self.name = self.route.by_key[key]
            self.protocol = protocol_named(self.name)

    @property
    def methods(self) -> str:
        """What the route takes."""
        return ", ".join((*self.route.methods, *_OF_EVERY_ROUTE))

    def refuse_other_methods(self) -> None:
        """Raise `Rejected` for a method that the route does not take."""
        method = self._request.method
        if method not in self.route.methods and method not in _OF_EVERY_ROUTE:
            raise Rejected(
                Problem.METHOD_NOT_ALLOWED, f"This route accepts {self.methods}.", headers={"Allow": self.methods}
            )

    def check_signature(
        self, pointer: Pointer, secrets: "HookSecrets | None", received_ns: int, received_at: str
    ) -> bool:
        """Return whether a secret vouches for the request, which is one to a webhook.

        Raises:
            Rejected: `unknown_route`: there is no webhook of this name; `bad_signature`.
            Undelivered: the webhook's secrets can't be read.
        """
        assert self.protocol.is_signed is not None
        sent = self._signed = self._as_sent(self._request.body, pointer, received_ns, received_at)
        scheme = sent.hook_scheme
        if not scheme:
            raise Rejected(
                Problem.UNKNOWN_ROUTE,
                "The environment has no webhook of this name. Add it to the environment, or check the address.",
            )
        is_secret = scheme != "none"
        keys = secrets.secrets_of(pointer, self.part) if is_secret and secrets is not None else []
        if not self.protocol.is_signed(sent, keys):
            raise Rejected(
                Problem.BAD_SIGNATURE,
                "The webhook is not signed with a secret of its environment, or too long ago; nothing was accepted.",
            )
        return is_secret

    def _hook_scheme(self, pointer: Pointer) -> str:
        """Return how the webhook that a route names is signed; empty where there is none."""
        for hook in pointer.get("webhooks", ()):
            if hook["name"] == self.part:
                return hook["scheme"]
        return ""

    def translate(self, pointer: Pointer, received_ns: int, received_at: str) -> Translated:
        """Return the request's events; translates once.

        Raises:
            Rejected: it can't be read as a whole, or holds no event, or too many.
        """
        self.received_ns = received_ns
        translated = self._translated
        if translated is None:
            if self._unreadable is not None:
                raise self._unreadable
            try:
                translated = self._translated = self._translate(pointer, received_ns, received_at)
            except Rejected as rejected:
                self._unreadable = rejected
                raise
        if not (translated.events or translated.reply or translated.left_out):
            raise Rejected(Problem.NO_PAYLOAD, "The request holds no event: send at least one.")
        return translated

    def _translate(self, pointer: Pointer, received_ns: int, received_at: str) -> Translated:
        body = self._body()
        sent = self._signed
        if sent is None or sent.body is not body:
            sent = self._as_sent(body, pointer, received_ns, received_at)
        self._sent = sent
        translated = self.protocol.translate(sent)
        most = self.protocol.max_events
        if len(translated.events) > most:
            message = f"A request can have at most {most:,} events: send the rest in further requests."
            raise Rejected(Problem.TOO_MANY_EVENTS, message)
        return translated

    def texts(self) -> TranslatedTexts:
        """Return the translated events, to be validated."""
        return TranslatedTexts(self._read.events, are_json=self._read.are_json)

    def ids(self, environment_id: str) -> list[str]:
        """Return the events' ids: by the sender's own, else by an `Idempotency-Key`, else by the time."""
        key = self._request.headers.get("idempotency-key")
        return ids_of_events(environment_id, self.name, self._read.events, key, self.received_ns)

    def choose_side(self, environment: "Environment", canary: "Canary") -> "Environment":
        """Return the environment as it serves the request, which was translated, while a canary takes a share."""
        events = self._read.events
        key = self._request.headers.get("idempotency-key") or (events[0].sender_id if events else "")
        served = canary.side(environment, key or self._request.request_id, self.received_ns)
        self.pointer = served.pointer
        return served

    def keys(self) -> Iterator[str]:
        """Return the write keys that the request carries, one after another."""
        yield from keys_of_head(self._request)
        if self.route.is_configuration and self.part:
            yield before_colon(self.part)
        for name in self.protocol.key_parameters:
            value = self._request.query.get(name)
            if value:
                yield before_colon(value)
        if self._translated is not None:
            yield from map(before_colon, filter(_is_text, map(_said, self._translated.keys)))

    @property
    def may_body_hold_keys(self) -> bool:
        """Whether a key may stand where events do: nowhere in `HEAD`, nor where configuration is asked for by `GET`."""
        return self._request.method == "POST" or (self._request.method == "GET" and not self.route.is_configuration)

    @property
    def are_keys_known(self) -> bool:
        """Whether the body was read, so that `keys` has those that stand in it."""
        return self._translated is not None

    @property
    def is_without_events(self) -> bool:
        """Whether the request, read, holds no event."""
        return not self._read.events

    @property
    def events_at_least(self) -> int:
        """How many events the request carries, as far as it was read; unread, lines count where they are events."""
        if self._translated is not None:
            return max(1, len(self._translated.events))
        return (
            lines_at_least(self._request.body)
            if self.protocol.is_in_lines and not is_body_encoded(self._request)
            else 1
        )

    @property
    def bytes_received(self) -> int:
        """How many bytes its events took on their way."""
        if self._request.method == "GET":
            return sum(map(len, self._request.query.values()))
        return len(self._request.body)

    @property
    def _read(self) -> Translated:
        assert self._translated is not None, "translate comes first"
        return self._translated

    def _as_sent(
        self, body: bytes, pointer: Pointer, received_ns: int, received_at: str, address: str = "", scheme: str = ""
    ) -> Sent:
        request = self._request
        return Sent(
            request.method,
            self.route_name,
            self.part,
            request.query,
            request.headers,
            body,
            received_ns,
            received_at,
            pointer["environment_id"],
            "" if self.protocol.is_signed is None else self._hook_scheme(pointer),
            address,
            scheme,
        )


def _said(key: Any) -> Any:
    return text_of(key) if type(key) is Raw else key


def _is_text(value: Any) -> bool:
    return type(value) is str
