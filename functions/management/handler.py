"""The management function: `/v1`, from a front door's event to its answer."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import orjson

from adapters.http_event import event_answer, http_request_from_event, identity_from_event
from domain.alerts.sending import Ways
from domain.catalog.custom_domains import DomainRules
from domain.certificates.names import DeploymentHosts
from domain.certificates.ports import CertificateKeeper
from domain.clock import Clock
from domain.delivery.connectors import Connectors
from domain.delivery.ports import QueueSink, SecretStore
from domain.errors import Misconfigured, Rejected, Undelivered
from domain.http import DOCS_PATH, HttpRequest
from domain.ids import new_id as make_id
from domain.intake.fault_log import log_fault
from domain.intake.trusted_front import TrustedFront
from domain.live.ports import TapStore
from domain.live.reading import Patience
from domain.metering.ports import UsageReader
from domain.metering.unknown_keys import Stored
from domain.operations.ports import DeadLetters, NoQueues
from domain.operations.set_aside import SetAside
from domain.quarantine.ports import RedriveStarter
from domain.quarantine.reading import Quarantine
from domain.records.change import Catalog
from domain.records.ports import Table
from domain.trials.running import TrialStarter
from domain.warehouses.engine import OwnBucket
from functions.management.application import make_routes
from functions.management.callers import Callers
from functions.management.front import Front
from functions.management.openapi import openapi_document
from functions.management.problems import problem_response
from functions.management.routes.revisions import DryRunner
from functions.management.routing import Routes


class Management:
    """The Lambda handler; safe to call from several threads."""

    def __init__(self, front: Front, routes: Routes, docs_url: str, trusted_front: TrustedFront | None) -> None:
        self._front = front
        self._routes = routes
        self._docs_url = docs_url
        self._trusted_front = trusted_front

    def __call__(self, event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        try:
            request = http_request_from_event(event)
        except Rejected as error:
            request = http_request_from_event(event, with_body=False)
            request.docs_url = self._docs_url
            return event_answer(event, problem_response(error, request))
        request.docs_url = self._docs_url
        self._find_viewer(request)
        answer = self._front.serve(request, identity_from_event(event))
        if request.method == "HEAD":
            answer.body = b""
        return event_answer(event, answer)

    def _find_viewer(self, request: HttpRequest) -> None:
        """Take the viewer's address for that of the console's CloudFront, which the audit log then tells."""
        if self._trusted_front is None:
            return
        try:
            self._trusted_front.recognise(request)
        except Undelivered as error:
            log_fault(error)  # nobody is kept from managing for want of an address

    def computes(self, method: str, path: str) -> bool:
        """Say whether a request may compute for seconds: others should not have to wait for its thread."""
        try:
            return self._routes.find(method, path).computes
        except Rejected:
            return False


@dataclass(frozen=True, slots=True)
class ManagementSettings:
    """Settings of the management function."""

    ingest_base_url: str
    """Scheme and host under which environments are reached, such as `https://in.example.com`."""
    docs_url: str = DOCS_PATH
    """Where problems are explained."""
    stream_prefix: str = "ingest-"
    """What every delivery stream's name starts with."""
    reserved_domains: tuple[str, ...] = ()
    """Hosts of the deployment beside that of `ingest_base_url`: no custom domain may be one, or below or above one."""
    domains_share_listener: bool = False
    """Whether one listener offers the certificates of all custom domains, and the deployment's own."""
    domain_zone_name: str | None = None
    """A zone in which the deployment sets records of custom domains itself, if there is one."""
    account: str | None = None
    """The AWS account that the deployment runs in; none on one machine."""
    own_bucket: OwnBucket | None = None
    """Where managed destinations deliver to."""
    owner_email: str | None = None
    """Who makes the first organisation, and owns it, by signing in with this address, verified."""

    def __post_init__(self) -> None:
        """Raise `Misconfigured` for what can't work."""
        if not self.ingest_base_url.startswith(("http://", "https://")):
            raise Misconfigured("ingest_base_url must be a URL: scheme, host, and a port if it has one.")
        # With an environment's id and a number, a name of at most 64 characters:
        # https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html
        if not re.fullmatch(r"[a-zA-Z0-9_.-]{0,31}", self.stream_prefix):
            raise Misconfigured("stream_prefix must have at most 31 letters, digits, `_`, `.` or `-`.")


def make_handler(
    *,
    table: Table,
    provision_queue: QueueSink,
    usage: UsageReader,
    unknown_keys: Stored,
    dry_run: DryRunner,
    connectors: Connectors,
    secrets: SecretStore,
    quarantine: Quarantine,
    redrives: RedriveStarter,
    certificates: CertificateKeeper,
    domain_secret: Callable[[], bytes] | None,
    clock: Clock,
    settings: ManagementSettings,
    set_aside: SetAside,
    taps: TapStore,
    patience: Patience,
    trials: TrialStarter,
    alert_ways: Ways,
    dead_letters: DeadLetters | None = None,
    trusted_front: TrustedFront | None = None,
    new_id: Callable[[str, int], str] = make_id,
    spent_seconds: Callable[[], float] = time.thread_time,
) -> Management:
    """Return the Lambda handler.

    Args:
        table: the catalog.
        provision_queue: where the provisioner takes its messages from.
        usage: what was counted.
        unknown_keys: the keys that arrived and that no field names.
        dry_run: validates events under a revision.
        connectors: the kinds of destinations that the deployment delivers to.
        secrets: keeps credentials of destinations.
        quarantine: what was refused.
        redrives: sets the work on a redrive going.
        certificates: keeps those of custom domains.
        clock: nanoseconds.
        settings: see there.
        certificates: keeps those of custom domains.
        domain_secret: the deployment's secret, from which proofs of custom domains derive; None asks for no proof.
        set_aside: what destinations refused.
        taps: the events that taps kept.
        patience: how a request waits for such events.
        trials: sets the work on a trial going.
        alert_ways: how messages of alerts get out, for tests of them.
        dead_letters: what the deployment's queues have given up; without it, it shows no queues.
        trusted_front: knows the console's CloudFront; without it, a caller's address is the one that connected.
        new_id: makes an id of a prefix and milliseconds.
        spent_seconds: the CPU seconds that the calling thread has spent so far.
    """
    catalog = Catalog(
        table,
        provision_queue,
        clock,
        new_id,
        settings.ingest_base_url.rstrip("/"),
        settings.stream_prefix,
        connectors,
        secrets,
    )
    reserved = (urlsplit(settings.ingest_base_url).hostname or "", *settings.reserved_domains)
    hosts = DeploymentHosts(reserved, settings.domains_share_listener)
    domain_rules = DomainRules(certificates, hosts, domain_secret, settings.domain_zone_name)
    routes = make_routes(
        catalog,
        dry_run,
        usage,
        quarantine,
        redrives,
        domain_rules,
        dead_letters or NoQueues(),
        set_aside,
        unknown_keys,
        taps,
        patience,
        trials,
        alert_ways,
        settings.account,
        settings.own_bucket,
    )
    callers = Callers(table, clock, settings.owner_email)

    making = Lock()

    @cache  # half a second of work, which no start should wait for
    def describe() -> bytes:
        return orjson.dumps(openapi_document(routes))

    def described() -> bytes:
        with making:  # once, even if several requests ask for it at the same time
            return describe()

    front = Front(callers, routes, {"/v1/openapi.json": described}, spent_seconds)
    return Management(front, routes, settings.docs_url, trusted_front)
