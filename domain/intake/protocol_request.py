"""A request in another collector's protocol, from its address to its answer.

Imported at the first such request; what a native request needs is not here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.errors import Rejected
from domain.http import HttpRequest, HttpResponse
from domain.intake import answers
from domain.intake.events import Verdict
from domain.intake.protocol_reading import ReadRequest
from domain.intake.results import AnswerRoom
from domain.problems import problem_document
from domain.protocols.routes import AT_THE_ADDRESS, ROUTES, route_of
from domain.protocols.shared.loading import protocol_named
from domain.protocols.shared.shape import Ending, Reply, Result
from domain.protocols.shared.writing import dumps
from domain.validation.faults import Refusal
from schemas.codes import Outcome, Problem
from schemas.items import Pointer

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


class ProtocolRequest(ReadRequest):
    """One request on a protocol's route, and how it is answered."""

    def configuration(self, pointer: Pointer, received_ns: int, received_at: str) -> HttpResponse:
        """Answer a route of configuration; of its body no more than a key is looked at."""
        assert self.protocol.configure is not None
        request = self._request
        host = request.headers.get("host") or request.host
        by_path = request.path.startswith(f"/e/{pointer['environment_id']}")
        address = f"{host}/e/{pointer['environment_id']}" if by_path else host
        scheme = "http" if request.headers.get("x-forwarded-proto") == "http" else "https"
        sent = self._as_sent(b"", pointer, received_ns, received_at, address, scheme)
        answer = self._respond(pointer, self.protocol.configure(sent), None)
        answer.headers["Cache-Control"] = f"public, max-age={_CONFIGURATION_SECONDS}"
        return answer

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
        name, part, its_route = "", "", AT_THE_ADDRESS[at_address]
    elif found := route_of(route):
        (name, part), its_route = found, ROUTES[found[0]]
    else:
        return None
    protocol = its_route.protocol
    spoken = ProtocolRequest(request, its_route, name, part, protocol, protocol_named(protocol))
    if its_route.by_key:
        spoken.decide_early()
    return spoken
