"""One request, from its address to its answer.

The order is the promise: find the environment, read and validate every event, and only then put what is valid into
the stream and what is not into quarantine; the answer says what has become durable, and nothing is owed after it.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from domain.clock import Clock
from domain.derived_keys import DeploymentSecret
from domain.errors import Rejected, Undelivered
from domain.http import HttpRequest, HttpResponse
from domain.ids import derived_event_ids, ids_from
from domain.intake import answers
from domain.intake.addresses import SCRIPTS, address_from_path, protocol_at_address
from domain.intake.directory import Directory, Environment
from domain.intake.events import Verdict, events_at_least, read_several
from domain.intake.fault_log import log_fault
from domain.intake.keeping import Keeper, KeptAs
from domain.intake.origins import is_origin_allowed
from domain.intake.payload import EventTexts, texts_from_request
from domain.intake.results import TakenRequest
from domain.intake.settling import Settling, kept_as_protected
from domain.intake.stamping import arrival_at, stamp
from domain.intake.trusted_front import TrustedFront
from domain.intake.unknown_sample import UnknownKeySample
from domain.metering.counters import UsageCounters
from domain.metering.rates import RateLimits
from domain.validation.revision import CompiledRevision
from schemas.codes import Outcome, Problem
from schemas.items import Pointer

if TYPE_CHECKING:
    from domain.hook_secrets import HookSecrets
    from domain.intake.protocol_request import ProtocolRequest
    from domain.live.tapper import Tapper

_NOT_READY_RETRY_SECONDS = "2"
_UNREACHABLE_RETRY_SECONDS = "5"

_READING = frozenset({"GET", "HEAD"})
_WITH_EVENTS = frozenset({"POST", "GET"})


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
        hook_secrets: "HookSecrets | None" = None,
        tapper: "Tapper | None" = None,
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
            hook_secrets: knows what webhooks are signed with; without it none is accepted that has to be signed.
            tapper: keeps events for people who watch; without it, no tap has any.
        """
        self._directory = directory
        self._keeper = keeper
        self._counters = counters
        self._clock = clock
        self._deployment_secret = deployment_secret
        self._rates = rates
        self._front = front
        self._sample = sample
        self._hook_secrets = hook_secrets
        self._tapper = tapper
        self._settling = Settling(keeper, counters, tapper)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; whatever is wrong with it, or with us, becomes a problem document."""
        pointer: Pointer | None = None
        spoken: ProtocolRequest | None = None
        try:
            path = request.path
            if path == "/health" and request.method in _READING:
                return answers.health(request)
            environment_id, route = address_from_path(path)
            at_address = None if route else protocol_at_address(request)
            if route or at_address:
                if route.startswith(SCRIPTS) and (script := answers.script(request, route)):
                    return script
                spoken = _protocol_request()(request, route, at_address)
                if spoken is not None:
                    spoken.received_ns = self._clock()
            else:
                answers.refuse_other_methods(request)
            environment = self._find(environment_id, request.host)
            if environment.canary is not None and spoken is None and request.method in _WITH_EVENTS:
                key = request.headers.get("idempotency-key") or request.request_id
                environment = environment.canary.side(environment, key, self._clock())
            pointer = environment.pointer
            if route and spoken is None:
                raise answers.unknown_route()  # noqa: TRY301 - the answer is made in one place
            return self._answer(request, environment, spoken)
        except Rejected as rejected:
            return _refused(request, pointer, spoken, rejected)
        except Exception as error:  # noqa: BLE001 - an answer that reached an environment says so, a 500 as well
            log_fault(error)
            return _refused(request, pointer, spoken, answers.internal_fault())

    def _find(self, environment_id: str | None, host: str) -> Environment:
        environment = (
            self._directory.environment_of_host(host)
            if environment_id is None
            else self._directory.environment(environment_id)
        )
        if environment is None:
            raise Rejected(
                Problem.UNKNOWN_ENVIRONMENT,
                "No environment has this address: copy the address from the environment's page.",
            )
        return environment

    def _answer(self, request: HttpRequest, environment: Environment, spoken: "ProtocolRequest | None") -> HttpResponse:
        pointer = environment.pointer
        if spoken is not None:
            spoken.refuse_other_methods()
        if pointer["state"] == "deleted":
            raise Rejected(Problem.DELETED, "This environment was deleted and accepts no more events.")
        if request.method == "OPTIONS":
            return answers.preflight(request, pointer) if spoken is None else spoken.preflight(pointer)
        is_configuration = spoken is not None and spoken.route.is_configuration
        if not is_configuration and not is_origin_allowed(request.headers, pointer["allowed_origins"]):
            raise Rejected(
                Problem.ORIGIN_NOT_ALLOWED,
                "This environment accepts no events from the page's origin: add it to the allowed origins.",
            )
        if is_configuration or request.method == "HEAD":
            return self._answer_without_events(request, pointer, spoken)
        if environment.revision is None:
            raise Rejected(
                Problem.NOT_READY,
                "This environment is still being set up; nothing was accepted. Send the request again.",
                headers={"Retry-After": _NOT_READY_RETRY_SECONDS},
            )
        return self._take(request, environment, environment.revision, spoken)

    def _answer_without_events(
        self, request: HttpRequest, pointer: Pointer, spoken: "ProtocolRequest | None"
    ) -> HttpResponse:
        """Answer `HEAD`, and what SDKs ask about their configuration."""
        received_ns = self._clock()
        received_at, _ = arrival_at(received_ns)
        _check_key(request, pointer, spoken, received_ns, received_at)
        if spoken is None or request.method == "HEAD":
            return answers.found(request, pointer)
        return spoken.configuration(pointer, received_ns, received_at)

    def _take(
        self,
        request: HttpRequest,
        environment: Environment,
        revision: CompiledRevision,
        spoken: "ProtocolRequest | None",
    ) -> HttpResponse:
        pointer = environment.pointer
        received_ns = self._clock()
        received_at, first_id = arrival_at(received_ns)
        if spoken is not None:
            spoken.decide()
            if spoken.protocol.reads_before_limits:
                with suppress(Rejected):  # over the rate comes first, and what can't be read is refused below
                    spoken.translate(pointer, received_ns, received_at)
        limit = pointer.get("rate_limit")
        if pointer["plan_exhausted"] or limit is not None:
            self._refuse_over_limit(request, pointer, limit, received_ns, spoken)
        is_vouched_for = (
            spoken is not None
            and spoken.protocol.is_signed is not None
            and self._check_signature(spoken, pointer, received_ns, received_at)
        )
        if not is_vouched_for:
            _check_key(request, pointer, spoken, received_ns, received_at)
        if spoken is not None:
            spoken.translate(pointer, received_ns, received_at)
            if environment.canary is not None:
                served = spoken.choose_side(environment, environment.canary)
                pointer, revision = served.pointer, served.revision or revision
        texts: EventTexts
        verdicts: list[Verdict]
        if spoken is None:
            texts = texts_from_request(request)
            bytes_received = len(texts.text if request.method == "GET" else request.body)
            verdicts = [revision.read_event(texts.text)] if texts.is_one else read_several(revision, texts)
        elif spoken.is_without_events:
            return spoken.replied(pointer)
        else:
            texts = translated = spoken.texts()
            bytes_received = spoken.bytes_received
            verdicts = translated.read(revision)
            translated.refuse_too_many(verdicts)
            if spoken.route.is_dry_run:
                return spoken.tried(pointer, verdicts)
        if limit is not None:
            self._rates.count(pointer["environment_id"], len(verdicts), received_ns, taken=True)
        if spoken is not None:
            ids = spoken.ids(pointer["environment_id"])
        elif key := request.headers.get("idempotency-key"):
            ids = derived_event_ids(pointer["environment_id"], key, texts.all_or_whole())
        else:
            ids = [first_id] if len(verdicts) == 1 else ids_from(first_id, len(verdicts))
        facts = None
        if revision.make_facts is not None:
            facts = revision.make_facts(
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
                "What events are completed with can't be reached; nothing was accepted. Send the request again.",
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
                protocol=None if spoken is None else spoken.name,
            )
            if (
                (leases := pointer.get("taps"))
                and self._tapper is not None
                and (choices := self._tapper.choose(leases, len(ids), received_ns))
            ):
                kept_as = KeptAs(None if spoken is None else spoken.name)
                taken = TakenRequest(
                    request, pointer, received_ns, received_at, bytes_received, verdicts, ids, lines, durable, kept_as
                )
                self._tapper.look(choices, taken, revision, texts, facts)
            return answers.success(request, pointer, ids) if spoken is None else spoken.kept(pointer, ids, ())
        kept_as = kept_as_protected(pointer, revision, facts, None if spoken is None else spoken.name)
        taken = TakenRequest(
            request, pointer, received_ns, received_at, bytes_received, verdicts, ids, lines, durable, kept_as
        )
        return self._settling.settle(taken, revision, texts, facts, spoken)

    def _check_signature(self, spoken: "ProtocolRequest", pointer: Pointer, received_ns: int, received_at: str) -> bool:
        try:
            return spoken.check_signature(pointer, self._hook_secrets, received_ns, received_at)
        except Undelivered as error:
            log_fault(error)
            raise Rejected(
                Problem.UNDELIVERABLE,
                "The secrets of the webhook can't be reached; nothing was accepted. Send the request again.",
                headers={"Retry-After": _UNREACHABLE_RETRY_SECONDS},
            ) from None

    def _refuse_over_limit(
        self,
        request: HttpRequest,
        pointer: Pointer,
        limit: int | None,
        received_ns: int,
        spoken: "ProtocolRequest | None",
    ) -> None:
        """Raise `Rejected` if the rate is over its limit or the plan is used up; the events count as limited."""
        retry_seconds = None
        if limit is not None:
            retry_seconds = self._rates.retry_after(pointer["environment_id"], limit, received_ns)
        if retry_seconds is None and not pointer["plan_exhausted"]:
            return
        if spoken is not None:
            events, bytes_received = spoken.events_at_least, spoken.bytes_received
        else:
            events = events_at_least(request)
            bytes_received = len(request.query.get("d", "") if request.method == "GET" else request.body)
        self._counters.count(
            pointer, pointer["revision_id"], received_ns, limited=events, bytes_received=bytes_received
        )
        if retry_seconds is None:
            raise Rejected(
                Problem.PLAN_EXHAUSTED,
                "The plan of this organisation is used up for the month; nothing was accepted.",
            )
        self._rates.count(pointer["environment_id"], events, received_ns, taken=False)
        raise Rejected(
            Problem.RATE_LIMITED,
            f"More events came than the {limit} per second of this environment; nothing was accepted. Send them later.",
            headers={"Retry-After": str(retry_seconds)},
            extra={"rate_limit": limit, "retry_after": retry_seconds},
        )


def _check_key(
    request: HttpRequest, pointer: Pointer, spoken: "ProtocolRequest | None", received_ns: int, received_at: str
) -> None:
    """Raise `Rejected` if an environment lists write keys, and a request carries none of them."""
    if pointer.get("write_keys"):
        from domain.intake.write_keys import check_key  # noqa: PLC0415 - few environments list keys

        check_key(request, pointer, spoken, received_ns, received_at)


@cache
def _protocol_request() -> Callable[[HttpRequest, str, str | None], "ProtocolRequest | None"]:
    from domain.intake.protocol_request import protocol_request  # noqa: PLC0415 - a native request needs none of it

    return protocol_request


def _refused(
    request: HttpRequest, pointer: Pointer | None, spoken: "ProtocolRequest | None", rejected: Rejected
) -> HttpResponse:
    if spoken is None:
        return answers.problem(request, pointer, rejected)
    try:
        return spoken.refused(spoken.pointer or pointer, rejected)
    except Exception as error:  # noqa: BLE001 - a protocol's answer must not hide what became of the request
        log_fault(error)
        return answers.problem(request, spoken.pointer or pointer, rejected)
