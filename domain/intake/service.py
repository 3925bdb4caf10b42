"""One request, from its address to its answer.

The order is the promise: find the environment, read and validate every event, and only then put what is valid into
the stream and what is not into quarantine; the answer says what has become durable, and nothing is owed after it.
"""

from collections.abc import Iterator
from typing import Any

from domain.clock import Clock
from domain.errors import Rejected
from domain.ids import derived_event_ids, new_event_ids
from domain.intake import answers
from domain.intake.directory import Directory, Environment
from domain.intake.events import Verdict, count_events, read_events
from domain.intake.fault_log import log_fault
from domain.intake.faults import Refusal
from domain.intake.http import HttpRequest, HttpResponse
from domain.intake.keeping import Keeper, RefusedEvent
from domain.intake.macros import RequestFacts
from domain.intake.payload import payload_from_request
from domain.intake.revision import CompiledRevision
from domain.intake.stamping import ReceivedTime, stamp
from domain.metering.counters import UsageCounters
from schemas.codes import Outcome, Problem
from schemas.items import Pointer

_NS_PER_MS = 1_000_000
_NOT_READY_RETRY_SECONDS = "2"
_UNDELIVERABLE_RETRY_SECONDS = "5"


class Intake:
    """Answers the requests of the ingest addresses."""

    def __init__(
        self,
        directory: Directory,
        keeper: Keeper,
        counters: UsageCounters,
        clock: Clock,
        hash_secret: bytes,
    ) -> None:
        """Take everything that reaches beyond a request.

        Args:
            directory: finds environments and their revisions.
            keeper: makes events durable.
            counters: adds up usage.
            clock: the time of arrival.
            hash_secret: keys the macro `user_hash`; one per deployment.
        """
        self._directory = directory
        self._keeper = keeper
        self._counters = counters
        self._clock = clock
        self._hash_secret = hash_secret
        self._received_time = ReceivedTime()

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; whatever is wrong with it, or with us, becomes a problem document."""
        pointer: Pointer | None = None
        try:
            if request.path == "/health" and request.method in {"GET", "HEAD"}:
                return answers.health(request)
            environment = self._find(request)
            pointer = environment.pointer
            return self._answer(request, environment)
        except Rejected as rejected:
            return answers.problem(request, pointer, rejected)
        except Exception as error:  # noqa: BLE001 - an answer that reached an environment says so, a 500 as well
            log_fault(error)
            return answers.problem(request, pointer, answers.internal_fault())

    def _find(self, request: HttpRequest) -> Environment:
        if request.method not in {"POST", "GET", "HEAD", "OPTIONS"}:
            raise Rejected(
                Problem.METHOD_NOT_ALLOWED,
                f"An ingest address takes {answers.METHODS}.",
                headers={"Allow": answers.METHODS},
            )
        path = request.path
        if path.startswith("/e/"):
            environment = self._directory.environment(path[3:].rstrip("/"))
        elif path == "/":
            environment = self._directory.environment_of_host(request.host)
        else:
            environment = None
        if environment is None:
            raise Rejected(
                Problem.UNKNOWN_ENVIRONMENT,
                "No environment has this address: copy the address from the environment's page.",
            )
        return environment

    def _answer(self, request: HttpRequest, environment: Environment) -> HttpResponse:
        pointer, revision = environment.pointer, environment.revision
        if pointer["state"] == "deleted":
            raise Rejected(Problem.DELETED, "This environment was deleted and takes no more events.")
        if request.method == "OPTIONS":
            return answers.preflight(request, pointer)
        if not answers.is_origin_allowed(request, pointer):
            raise Rejected(
                Problem.ORIGIN_NOT_ALLOWED,
                "This environment takes no events from the page's origin: add it to the allowed origins.",
            )
        if request.method == "HEAD":
            return answers.found(request, pointer)
        if revision is None:
            raise Rejected(
                Problem.NOT_READY,
                "This environment is still being set up; nothing was taken. Send the request again.",
                headers={"Retry-After": _NOT_READY_RETRY_SECONDS},
            )
        return self._take(request, pointer, revision)

    def _take(self, request: HttpRequest, pointer: Pointer, revision: CompiledRevision) -> HttpResponse:
        received_ns = self._clock()
        payload = payload_from_request(request)
        bytes_received = len(payload.text if request.method == "GET" else request.body)
        if pointer["plan_exhausted"]:
            self._counters.count(
                pointer["environment_id"],
                revision.revision_id,
                received_ns,
                limited=count_events(payload),
                bytes_received=bytes_received,
            )
            raise Rejected(
                Problem.PLAN_EXHAUSTED,
                "The plan of this organisation is used up for the month; nothing was taken.",
            )
        received_at = self._received_time.text(received_ns)
        verdicts = read_events(revision, payload)
        key = request.headers.get("idempotency-key")
        ids = (
            derived_event_ids(len(verdicts), pointer["environment_id"], key)
            if key
            else new_event_ids(len(verdicts), received_ns // _NS_PER_MS)
        )
        facts = None
        if revision.fill_macros is not None:
            facts = RequestFacts(
                request,
                received_ns,
                received_at,
                pointer["organisation_id"],
                pointer["endpoint_id"],
                pointer["environment_id"],
                revision.revision_id,
                self._hash_secret,
            )
        lines = stamp(revision, payload, verdicts, ids, received_at, facts)
        durable = self._keeper.deliver(pointer["streams"], lines) if lines else []
        if len(lines) == len(ids) and all(durable):
            self._counters.count(
                pointer["environment_id"],
                revision.revision_id,
                received_ns,
                accepted=len(lines),
                bytes_accepted=sum(map(len, lines)),
                bytes_received=bytes_received,
            )
            return answers.success(request, pointer, ids)
        return self._answer_per_event(
            request, pointer, received_ns, received_at, bytes_received, verdicts, ids, lines, durable
        )

    def _answer_per_event(
        self,
        request: HttpRequest,
        pointer: Pointer,
        received_ns: int,
        received_at: str,
        bytes_received: int,
        verdicts: list[Verdict],
        ids: list[str],
        lines: list[bytes],
        durable: list[bool],
    ) -> HttpResponse:
        """Settle a request of which not every event was accepted."""
        refused = [(i, ids[i], verdict) for i, verdict in enumerate(verdicts) if isinstance(verdict, Refusal)]
        kept = self._kept(request, pointer, received_at, refused)
        results = _rows(verdicts, ids, iter(durable), iter(kept))
        outcomes = [row["outcome"] for row in results]
        accepted = outcomes.count(Outcome.ACCEPTED)
        codes: dict[str, int] = {}
        for (_, _, refusal), row in zip(refused, (row for row in results if row["errors"]), strict=True):
            if row["outcome"] != Outcome.UNDELIVERED:
                for fault in refusal.faults:
                    codes[fault.code] = codes.get(fault.code, 0) + 1
        self._counters.count(
            pointer["environment_id"],
            pointer["revision_id"],
            received_ns,
            accepted=accepted,
            quarantined=outcomes.count(Outcome.QUARANTINED),
            rejected=outcomes.count(Outcome.REJECTED),
            bytes_accepted=sum(len(line) for line, is_durable in zip(lines, durable, strict=True) if is_durable),
            bytes_received=bytes_received,
            codes=codes,
        )
        if Outcome.UNDELIVERED in outcomes:
            raise _undeliverable(results)
        if accepted:
            return answers.mixed(request, pointer, results)
        raise _invalid(results)

    def _kept(
        self, request: HttpRequest, pointer: Pointer, received_at: str, refused: list[RefusedEvent]
    ) -> list[Outcome]:
        if pointer["on_invalid"] == "reject":
            return [Outcome.REJECTED] * len(refused)
        try:
            return self._keeper.quarantine(request, pointer, received_at, refused)
        except Exception as error:  # noqa: BLE001 - what the stream took already must not be answered by a 500
            log_fault(error)
            return [Outcome.UNDELIVERED] * len(refused)


def _rows(
    verdicts: list[Verdict], ids: list[str], durable: Iterator[bool], kept: Iterator[Outcome]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for index, verdict in enumerate(verdicts):
        row: dict[str, Any] = {"index": index, "outcome": Outcome.ACCEPTED, "event_id": ids[index], "errors": []}
        if isinstance(verdict, Refusal):
            row["errors"] = verdict.errors()
            if verdict.more:
                row["more"] = True
            row["outcome"] = next(kept)
        elif not next(durable):
            row["outcome"] = Outcome.UNDELIVERED
        if row["outcome"] in {Outcome.REJECTED, Outcome.UNDELIVERED}:
            row["event_id"] = None  # nothing by this id exists anywhere
        rows.append(row)
    return rows


def _undeliverable(results: list[dict[str, Any]]) -> Rejected:
    lost = sum(1 for row in results if row["outcome"] == Outcome.UNDELIVERED)
    message = (
        "Nothing of this request could be made durable at the moment. Send it again."
        if lost == len(results)
        else f"{lost} of {len(results)} events could not be made durable at the moment. Send those again."
    )
    return Rejected(
        Problem.UNDELIVERABLE,
        message,
        headers={"Retry-After": _UNDELIVERABLE_RETRY_SECONDS},
        extra={"results": results},
    )


def _invalid(results: list[dict[str, Any]]) -> Rejected:
    codes = {error["code"] for row in results for error in row["errors"]}
    if codes == {"not_json"}:
        return Rejected(
            Problem.NOT_JSON, "The payload is not valid JSON (RFC 8259, UTF-8).", extra={"results": results}
        )
    message = (
        "The event does not fit the schema; `results` lists every fault."
        if len(results) == 1
        else "No event of this request fits the schema; `results` lists every fault of each."
    )
    return Rejected(Problem.INVALID_EVENT, message, extra={"results": results})
