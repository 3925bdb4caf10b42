"""One request, from its address to its answer.

The order is the promise: find the environment, read and validate every event, and only then put what is valid into
the stream and what is not into quarantine; the answer says what has become durable, and nothing is owed after it.
"""

from domain.clock import Clock
from domain.completion.macros import RequestFacts
from domain.derived_keys import DeploymentSecret
from domain.errors import Rejected, Undelivered
from domain.http import HttpRequest, HttpResponse
from domain.ids import derived_event_ids, new_event_ids
from domain.intake import answers
from domain.intake.directory import Directory, Environment
from domain.intake.events import EventTexts, events_at_least, read_events
from domain.intake.fault_log import log_fault
from domain.intake.keeping import Keeper, RefusedEvent
from domain.intake.origins import is_origin_allowed
from domain.intake.payload import payload_from_request
from domain.intake.results import TakenRequest, code_counts, invalid, result_rows, undeliverable
from domain.intake.stamping import ReceivedTime, stamp
from domain.intake.trusted_front import TrustedFront
from domain.intake.unknown_sample import UnknownKeySample
from domain.metering.counters import UsageCounters
from domain.metering.rates import RateLimits
from domain.validation.event_names import EventNames
from domain.validation.revision import CompiledRevision
from schemas.codes import Outcome, Problem
from schemas.items import Pointer

_NS_PER_MS = 1_000_000
_NOT_READY_RETRY_SECONDS = "2"
_UNREACHABLE_RETRY_SECONDS = "5"


class Intake:
    """Answers the requests of the ingest addresses."""

    def __init__(
        self,
        directory: Directory,
        keeper: Keeper,
        counters: UsageCounters,
        clock: Clock,
        deployment_secret: DeploymentSecret,
        rates: RateLimits,
        front: TrustedFront | None = None,
        sample: UnknownKeySample | None = None,
    ) -> None:
        """Take everything that reaches beyond a request.

        Args:
            directory: finds environments and their revisions.
            keeper: makes events durable.
            counters: adds up usage.
            clock: the time of arrival.
            deployment_secret: gives the secret that the keys of the macro `user_hash` derive from.
            rates: knows which environment is over its rate limit.
            front: knows the CloudFront that stands in front, if one does.
            sample: looks at some events for keys that no field names.
        """
        self._directory = directory
        self._keeper = keeper
        self._counters = counters
        self._clock = clock
        self._deployment_secret = deployment_secret
        self._rates = rates
        self._front = front
        self._sample = sample
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
        if not is_origin_allowed(request.headers, pointer["allowed_origins"]):
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
        limit = pointer.get("rate_limit")
        if pointer["plan_exhausted"] or limit is not None:
            self._refuse_over_limit(request, pointer, limit, received_ns)
        payload = payload_from_request(request)
        bytes_received = len(payload.text if request.method == "GET" else request.body)
        received_at = self._received_time.text(received_ns)
        texts = EventTexts(payload)
        verdicts = read_events(revision, payload, texts)
        if limit is not None:
            self._rates.count(pointer["environment_id"], len(verdicts), received_ns, taken=True)
        key = request.headers.get("idempotency-key")
        ids = (
            derived_event_ids(pointer["environment_id"], key, texts.all_or_whole())
            if key
            else new_event_ids(len(verdicts), received_ns // _NS_PER_MS)
        )
        facts = None
        if revision.needs_facts:
            facts = RequestFacts(
                request,
                received_ns,
                received_at,
                pointer["organisation_id"],
                pointer["endpoint_id"],
                pointer["environment_id"],
                revision.revision_id,
                self._deployment_secret,
            )
        try:
            if self._front is not None:
                self._front.recognise(request)
            lines = stamp(revision, texts, verdicts, ids, received_at, facts)
        except Undelivered as error:
            log_fault(error)
            raise Rejected(
                Problem.UNDELIVERABLE,
                "What events are completed with can't be reached; nothing was taken. Send the request again.",
                headers={"Retry-After": _UNREACHABLE_RETRY_SECONDS},
            ) from None
        durable = self._keeper.deliver(pointer["streams"], lines) if lines else []
        if self._sample is not None and self._sample.is_due(pointer["environment_id"], received_ns):
            self._sample.look(pointer["environment_id"], revision, texts, received_ns)
        names = revision.event_names
        if len(lines) == len(ids) and all(durable):
            self._counters.count(
                pointer,
                revision.revision_id,
                received_ns,
                accepted=len(lines),
                bytes_accepted=sum(map(len, lines)),
                bytes_received=bytes_received,
                names=None if names is None else names.count(verdicts, texts.all, [Outcome.ACCEPTED] * len(ids)),
            )
            return answers.success(request, pointer, ids)
        taken = TakenRequest(request, pointer, received_ns, received_at, bytes_received, verdicts, ids, lines, durable)
        return self._answer_per_event(taken, names, texts)

    def _refuse_over_limit(self, request: HttpRequest, pointer: Pointer, limit: int | None, received_ns: int) -> None:
        """Raise `Rejected` if the plan is used up or the rate is over its limit; the events count as limited."""
        retry_seconds = None
        if not pointer["plan_exhausted"]:
            assert limit is not None
            retry_seconds = self._rates.retry_after(pointer["environment_id"], limit, received_ns)
            if retry_seconds is None:
                return
        events = events_at_least(request)
        bytes_received = len(request.query.get("d", "") if request.method == "GET" else request.body)
        self._counters.count(
            pointer, pointer["revision_id"], received_ns, limited=events, bytes_received=bytes_received
        )
        if retry_seconds is None:
            raise Rejected(
                Problem.PLAN_EXHAUSTED,
                "The plan of this organisation is used up for the month; nothing was taken.",
            )
        self._rates.count(pointer["environment_id"], events, received_ns, taken=False)
        raise Rejected(
            Problem.RATE_LIMITED,
            f"This environment takes {limit} events a second, and more came; nothing was taken. Send them later.",
            headers={"Retry-After": str(retry_seconds)},
        )

    def _answer_per_event(self, taken: TakenRequest, names: EventNames | None, texts: EventTexts) -> HttpResponse:
        """Settle a request of which not every event was accepted."""
        refused = taken.refused()
        kept = self._kept(taken, refused)
        rows = result_rows(taken, kept)
        outcomes = [row["outcome"] for row in rows]
        self._counters.count(
            taken.pointer,
            taken.pointer["revision_id"],
            taken.received_ns,
            accepted=outcomes.count(Outcome.ACCEPTED),
            quarantined=outcomes.count(Outcome.QUARANTINED),
            rejected=outcomes.count(Outcome.REJECTED),
            bytes_accepted=taken.bytes_durable(),
            bytes_received=taken.bytes_received,
            codes=code_counts(refused, kept),
            names=None if names is None else names.count(taken.verdicts, texts.all, outcomes),
        )
        if Outcome.UNDELIVERED in outcomes:
            raise undeliverable(rows)
        if Outcome.ACCEPTED in outcomes:
            return answers.mixed(taken.request, taken.pointer, rows)
        raise invalid(rows)

    def _kept(self, taken: TakenRequest, refused: list[RefusedEvent]) -> list[Outcome]:
        if taken.pointer["on_invalid"] == "reject":
            return [Outcome.REJECTED] * len(refused)
        try:
            return self._keeper.quarantine(taken.request, taken.pointer, taken.received_at, refused)
        except Exception as error:  # noqa: BLE001 - what the stream took already must not be answered by a 500
            log_fault(error)
            return [Outcome.UNDELIVERED] * len(refused)
