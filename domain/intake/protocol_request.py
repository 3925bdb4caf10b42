"""A request in another collector's protocol: how its events are found, and how it is answered.

Imported at the first such request; what a native request needs is not here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from domain.errors import Rejected
from domain.http import HttpRequest, HttpResponse
from domain.intake import answers
from domain.intake.events import Verdict, lines_at_least
from domain.intake.payload import BYTE_ORDER_MARK
from domain.intake.protocol_ids import ids_of_events
from domain.intake.results import AnswerRoom
from domain.intake.sent_body import SentBody
from domain.intake.translated_texts import TranslatedTexts
from domain.intake.write_keys import before_colon, keys_of_head
from domain.problems import problem_document
from domain.protocols.routes import AT_THE_ADDRESS, ROUTES, Route, route_of
from domain.protocols.shared.loading import protocol_named
from domain.protocols.shared.shape import Ending, Reply, Result, Sent, Translated
from domain.protocols.shared.writing import dumps
from domain.validation.faults import Refusal
from domain.validation.json_cuts import first_key_among
from schemas.codes import Outcome, Problem
from schemas.items import Pointer

if TYPE_CHECKING:
    from domain.hook_secrets import HookSecrets
    from domain.intake.directory import Canary, Environment

_ENDINGS: Mapping[Problem, Ending] = {
    Problem.INVALID_EVENT: Ending.REJECTED,
    Problem.NOT_JSON: Ending.REJECTED,
    Problem.RATE_LIMITED: Ending.OVER_RATE,
    Problem.PLAN_EXHAUSTED: Ending.PLAN_USED_UP,
    Problem.UNDELIVERABLE: Ending.NOT_DURABLE,
    Problem.NOT_READY: Ending.NOT_DURABLE,
}
_CONFIGURATION_SECONDS = 60
_MORE_PER_FAULT = 30  # that a fault of a dry run has in any protocol's form: longer names, and its event's place


class ProtocolRequest:
    """One request on a protocol's route, from its address to its answer."""

    __slots__ = (
        "_body",
        "_is_decided",
        "_name",
        "_request",
        "_sent",
        "_signed",
        "_translated",
        "_unreadable",
        "part",
        "pointer",
        "protocol",
        "received_ns",
        "route",
        "route_name",
    )

    def __init__(self, request: HttpRequest, route: Route, route_name: str, part: str) -> None:
        self._request = request
        self.route = route
        self.route_name = route_name
        self.part = part
        self._body = SentBody(request)
        self._name = route.protocol
        self.protocol = protocol_named(self._name)
        self._is_decided = False
        self.received_ns = 0
        """When it came, as far as that is known."""
        self.pointer: Pointer | None = None
        """Of the side of its environment that serves it, once that was chosen."""
        self._sent: Sent | None = None
        self._signed: Sent | None = None
        """With its body as it came, once its signature was looked at."""
        self._translated: Translated | None = None
        self._unreadable: Rejected | None = None
        if route.by_key:
            with suppress(Rejected):
                self._decide_by(self._body.beginning())

    @property
    def name(self) -> str:
        """The protocol's name."""
        return self._name

    def decide(self) -> None:
        """Find out whose the request is where protocols share its route, if the beginning of its body did not tell.

        That takes decoding all of it, so it comes after the address and the origin.
        """
        if self.route.by_key and not self._is_decided:
            with suppress(Rejected):
                self._decide_by(self._body.whole())

    def _decide_by(self, text: bytes) -> None:
        """Take the first key of a body that tells, if there is one."""
        key = first_key_among(text.removeprefix(BYTE_ORDER_MARK), self.route.by_key)
        if key is not None:
            self._is_decided = True
            self._name = self.route.by_key[key]
            self.protocol = protocol_named(self._name)

    @property
    def methods(self) -> str:
        """What the route takes."""
        return ", ".join((*self.route.methods, "HEAD", "OPTIONS"))

    def refuse_other_methods(self) -> None:
        """Raise `Rejected` for a method that the route does not take."""
        if self._request.method not in {*self.route.methods, "HEAD", "OPTIONS"}:
            raise Rejected(
                Problem.METHOD_NOT_ALLOWED, f"This route accepts {self.methods}.", headers={"Allow": self.methods}
            )

    def configuration(self, pointer: Pointer, received_ns: int, received_at: str) -> HttpResponse:
        """Answer a route of configuration; of its body no more than a key is looked at."""
        assert self.protocol.configure is not None
        request = self._request
        host = request.headers.get("host") or request.host
        by_path = request.path.startswith(f"/e/{pointer['environment_id']}")
        sent = self._as_sent(b"", pointer, received_ns, received_at)._replace(
            address=f"{host}/e/{pointer['environment_id']}" if by_path else host,
            scheme="http" if request.headers.get("x-forwarded-proto") == "http" else "https",
        )
        answer = self._respond(pointer, self.protocol.configure(sent), None)
        answer.headers["Cache-Control"] = f"public, max-age={_CONFIGURATION_SECONDS}"
        return answer

    def check_signature(
        self, pointer: Pointer, secrets: "HookSecrets | None", received_ns: int, received_at: str
    ) -> bool:
        """Return whether a secret vouches for the request: one to a webhook that is signed.

        Raises:
            Rejected: `unknown_route`: there is no webhook of this name; `bad_signature`.
            Undelivered: the webhook's secrets can't be read.
        """
        if self.protocol.is_signed is None:
            return False
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
        return next((hook["scheme"] for hook in pointer.get("webhooks", ()) if hook["name"] == self.part), "")

    def translate(self, pointer: Pointer, received_ns: int, received_at: str) -> Translated:
        """Return the request's events; translates once.

        Raises:
            Rejected: it can't be read as a whole, or holds no event, or too many.
        """
        self.received_ns = received_ns
        if self._translated is None and self._unreadable is None:
            try:
                self._translated = self._translate(pointer, received_ns, received_at)
            except Rejected as rejected:
                self._unreadable = rejected
        if self._unreadable is not None:
            raise self._unreadable
        if not (self._read.events or self._read.reply or self._read.left_out):
            raise Rejected(Problem.NO_PAYLOAD, "The request holds no event: send at least one.")
        return self._read

    def _translate(self, pointer: Pointer, received_ns: int, received_at: str) -> Translated:
        body = self._body.whole()
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
        return TranslatedTexts(self._read.events, has_short_numbers=self._read.has_short_numbers)

    def ids(self, environment_id: str) -> list[str]:
        """Return the events' ids: by the sender's own, else by an `Idempotency-Key`, else by the time."""
        key = self._request.headers.get("idempotency-key")
        return ids_of_events(environment_id, self._name, self._read.events, key, self.received_ns)

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
            yield from map(before_colon, filter(_is_text, self._translated.keys))

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
        return lines_at_least(self._request.body) if self.protocol.is_in_lines and not self._body.is_encoded else 1

    @property
    def bytes_received(self) -> int:
        """How many bytes its events took on their way."""
        if self._request.method == "GET":
            return sum(map(len, self._request.query.values()))
        return len(self._request.body)

    def replied(self, pointer: Pointer) -> HttpResponse:
        """Answer a request that holds no event."""
        reply = self._read.reply
        if reply is not None:
            return self._respond(pointer, reply, Outcome.ACCEPTED)
        return self.kept(pointer, [], [])

    def tried(self, pointer: Pointer, verdicts: Sequence[Verdict]) -> HttpResponse:
        """Answer a dry run: what would become of the events; nothing of them is kept."""
        room = AnswerRoom(len(verdicts), more_per_fault=_MORE_PER_FAULT)
        rows = [
            {
                "index": index,
                "outcome": Outcome.REJECTED if isinstance(verdict, Refusal) else Outcome.ACCEPTED,
                "event_id": None,
                "errors": room.fit(verdict.errors())[0] if isinstance(verdict, Refusal) else [],
            }
            for index, verdict in enumerate(verdicts)
        ]
        return self.kept(pointer, (), rows)

    def kept(self, pointer: Pointer, event_ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> HttpResponse:
        """Answer a request of which something was kept; without `rows`, all was accepted."""
        if rows:
            native, outcome = answers.mixed_body(self._request, pointer, rows), answers.outcome_of(rows)
        else:
            native, outcome = answers.success_body(self._request, pointer, event_ids), Outcome.ACCEPTED
        reply = self.protocol.answer(self._result(Ending.KEPT, 200, None, native, rows))
        return self._respond(pointer, reply, outcome)

    def refused(self, pointer: Pointer | None, rejected: Rejected) -> HttpResponse:
        """Answer a request that was refused, or of which not everything is durable."""
        body = problem_document(
            rejected.code,
            rejected.message,
            self._request.request_id,
            docs_url=self._request.docs_url,
            errors=rejected.errors,
            extra=rejected.extra,
        )
        result = self._result(
            _ENDINGS.get(rejected.code, Ending.REFUSED),
            rejected.status,
            rejected.code,
            body,
            rejected.extra.get("results", ()),
        )
        answer = self._respond(pointer, self.protocol.answer(result), rejected.code)
        answer.headers.update(rejected.headers)
        return answer

    def preflight(self, pointer: Pointer) -> HttpResponse:
        """Answer `OPTIONS`: whatever headers are asked for are allowed."""
        answer = answers.preflight(self._request, pointer, self.methods, echo=True)
        if self.protocol.has_credentials:
            self._allow_credentials(answer.headers)
        return answer

    @property
    def _read(self) -> Translated:
        assert self._translated is not None, "translate comes first"
        return self._translated

    def _as_sent(self, body: bytes, pointer: Pointer, received_ns: int, received_at: str) -> Sent:
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
        )

    def _result(
        self,
        ending: Ending,
        status: int,
        code: Problem | None,
        native: Mapping[str, Any],
        rows: Sequence[Mapping[str, Any]],
    ) -> Result:
        request = self._request
        return Result(
            ending,
            status,
            code,
            native,
            rows,
            self._sent,
            self._translated,
            self.received_ns,
            request.request_id,
            request.query,
            self.route_name,
            request.headers,
        )

    def _respond(self, pointer: Pointer | None, reply: Reply, outcome: str | None) -> HttpResponse:
        headers = answers.common_headers(self._request, pointer)
        if self.route.is_configuration:
            headers["Access-Control-Allow-Origin"] = "*"  # it tells nothing that is not public
        if self.protocol.has_credentials:
            self._allow_credentials(headers)
        if outcome is not None:
            headers["X-Ingest-Outcome"] = outcome
        headers["Cache-Control"] = "no-store"
        if (reply.is_image or self.route.is_image) and not answers.wants_json(self._request):
            headers["Content-Type"] = "image/gif"
            body = answers.PIXEL
        elif isinstance(reply.body, bytes):
            headers["Content-Type"] = reply.content_type or "text/plain"
            body = reply.body
        else:
            headers["Content-Type"] = reply.content_type or "application/json"
            body = dumps(reply.body)  # which may repeat a sender's text, whatever that holds
        headers.update(reply.headers)
        return HttpResponse(reply.status, headers, b"" if self._request.method == "HEAD" else body)

    def _allow_credentials(self, headers: dict[str, str]) -> None:
        """Name the origin instead of a `*` where browsers send with credentials; no cookie is read, none is set."""
        origin = self._request.headers.get("origin")
        if "Access-Control-Allow-Origin" not in headers or origin is None or not answers.may_be_echoed(origin):
            return
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Credentials"] = "true"
        headers["Vary"] = "Origin"


def protocol_request(request: HttpRequest, route: str, at_address: str | None) -> ProtocolRequest | None:
    """Return a request in its protocol; None where the path is no route."""
    if at_address is not None:
        return ProtocolRequest(request, AT_THE_ADDRESS[at_address], "", "")
    found = route_of(route)
    return None if found is None else ProtocolRequest(request, ROUTES[found[0]], *found)


def _is_text(value: Any) -> bool:
    return type(value) is str
