"""What people do meanwhile: they make environments, change and delete them, set plans and start redrives.

They are told at once whether the catalog took a change; everything that follows from it is left to functions.
"""

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any, NamedTuple

from domain.access.access import authenticate, token_hash
from domain.access.bounds import DEFAULT_BOUNDS
from domain.access.first_organisation import bootstrap
from domain.access.organisations import change_any_organisation, change_organisation
from domain.catalog.deployments import deploy, list_deployments
from domain.catalog.endpoints import create_endpoint
from domain.catalog.environments import change_environment, create_environment, delete_environment
from domain.catalog.provisioning import stream_names
from domain.catalog.quarantine import Asked
from domain.catalog.redrives import create_redrive, get_redrive
from domain.catalog.revisions import create_revision, finalise_revision, replace_fields
from domain.catalog.trials import TrialAsked, create_trial, get_trial
from domain.delivery.connectors import CheckStep, ColumnApart, Connector, Connectors, Target
from domain.delivery.ports import QueueSink, SecretStore
from domain.errors import Rejected
from domain.ids import new_id
from domain.live.taps import create_tap
from domain.metering.ports import UsageReader
from domain.quarantine.ports import RedriveStarter
from domain.quarantine.reading import Quarantine
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Catalog
from domain.records.ports import Item, Table
from domain.trials.running import TrialStarter
from schemas.items import pointer_key
from schemas.limits import MAX_PAGE_ITEMS
from schemas.models.environment import EnvironmentCreate

BUFFER_SECONDS = 5
_TRIED_EVENTS = 200
_TOKEN = "iet_chaos"  # noqa: S105 - of nothing but this run


def fields(number_type: str) -> list[dict[str, Any]]:
    """Return a schema; under one whose number is a STRING everything that is sent here is valid."""
    return [
        {"key": "number", "type": number_type, "presence": "required"},
        {"key": "text", "type": "STRING", "presence": "optional"},
        {"key": "visitor", "type": "STRING", "presence": "macro", "macro": "user_hash"},
    ]


class Times(NamedTuple):
    """From when to when, in RFC 3339."""

    start: str
    end: str


class Unchecked:
    """A connector whose destinations are sound when they are made: what fails later is what matters here."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    def check(self, _target: Target) -> list[CheckStep]:
        return []

    def make_tables(self, _target: Target, _tables: object) -> list[ColumnApart]:
        """Leave it to the provisioner, and to the writer that misses one."""
        return []


class Operator:
    """One who may do everything."""

    def __init__(
        self,
        table: Table,
        provision_queue: QueueSink,
        clock: Callable[[], int],
        connectors: Connectors,
        secrets: SecretStore,
        random: Random,
    ) -> None:
        bootstrap(table, token_hash(_TOKEN), clock)
        principal = authenticate(table, token_hash(_TOKEN), clock())
        assert principal
        self.organisation_id = principal.organisation_id
        self._table = table
        self._call = Call(principal, "192.0.2.1")
        self._catalog = Catalog(
            table,
            provision_queue,
            clock,
            lambda prefix, milliseconds: new_id(prefix, milliseconds, random),
            "https://in.example.com",
            "ingest-",
            connectors,
            secrets,
        )

    def raise_bounds(self, usage: UsageReader) -> None:
        """Let the organisation change as much in an hour as a long run does: simulated hours pass quickly."""
        bounds = {name: 100 * bound for name, bound in DEFAULT_BOUNDS.items()}
        change_any_organisation(self._catalog, usage, self._call, self.organisation_id, {"bounds": bounds})

    def make_environment(self, name: str, destination: dict[str, Any], streams: int) -> str:
        """Make an endpoint with one environment, and return the environment's id."""
        endpoint_id = create_endpoint(self._catalog, self._call, name, None)["id"]
        settings = EnvironmentCreate.model_validate(
            {
                "name": name,
                "revision_id": self._finalised(endpoint_id, "INT"),
                "destination": destination,
                "streams": streams,
                "buffer_seconds": BUFFER_SECONDS,
            }
        )
        made = create_environment(self._catalog, self._call, endpoint_id, settings.model_dump())
        return str(made["id"])

    def change_streams(self, environment_id: str, streams: int) -> None:
        change_environment(self._catalog, self._call, environment_id, {"streams": streams})

    def watch(self, environment_id: str, usage: UsageReader, seconds: int) -> str:
        """Start a tap that ends while events come; return its id."""
        made = create_tap(self._catalog, usage, self._call, environment_id, {"seconds": seconds, "sample": "all"})
        return str(made["id"])

    def begin_canary(self, environment_id: str, seconds: int, max_extra_refused: float) -> None:
        """Deploy a revision that accepts the same to half of the requests, unless another canary runs."""
        revision_id = self._finalised(self.environment(environment_id).data["endpoint_id"], "INT")
        canary = {"share": 50, "seconds": seconds, "max_extra_refused": max_extra_refused}
        with suppress(Rejected):
            deploy(self._catalog, self._call, environment_id, revision_id, "", canary)

    def end_canary(self, environment_id: str, usage: UsageReader, end: Callable[..., Any]) -> None:
        """Promote or abort the canary of an environment, unless it has ended."""
        canary = self.environment(environment_id).data.get("canary")
        if canary is not None:
            with suppress(Rejected):
                end(self._catalog, usage, self._call, environment_id, canary["deployment_id"])

    def canaries(self, environment_id: str, usage: UsageReader) -> list[dict[str, Any]]:
        """Return what is shown of each canary that an environment has had."""
        found = list_deployments(self._catalog, usage, self._call, environment_id, MAX_PAGE_ITEMS, None)["items"]
        return [deployment["canary"] for deployment in found if deployment["canary"] is not None]

    def delete(self, environment_id: str) -> None:
        name = self.environment(environment_id).data["name"]
        delete_environment(self._catalog, self._call, environment_id, name)

    def redrive(self, environment_id: str, quarantine: Quarantine, starter: RedriveStarter) -> str:
        """Send everything that is in quarantine under a revision that fits it; return the redrive's id."""
        revision_id = self._finalised(self.environment(environment_id).data["endpoint_id"], "STRING")
        made = create_redrive(
            self._catalog, quarantine, starter, self._call, environment_id, Asked(), revision_id, dry_run=False
        )
        return str(made["id"])

    def redrive_state(self, redrive_id: str, quarantine: Quarantine) -> str:
        return str(get_redrive(self._catalog, quarantine, self._call, redrive_id)["state"])

    def try_revision(self, environment_id: str, source: str, arrived: Times, starter: TrialStarter) -> str:
        """Try a revision that rejects most of what the running one accepts; return the trial's id."""
        revision_id = self._finalised(self.environment(environment_id).data["endpoint_id"], "BOOLEAN")
        asked = TrialAsked(environment_id, source, _TRIED_EVENTS, *arrived)
        return str(create_trial(self._catalog, starter, self._call, revision_id, asked)["id"])

    def trial(self, trial_id: str) -> dict[str, Any]:
        return get_trial(self._catalog, self._call, trial_id)

    def limit_requests(self, usage: UsageReader, requests: int | None) -> None:
        """Let ingest refuse what is more than so many requests a month."""
        plan = {"requests_per_month": requests, "bytes_per_month": None, "over_limit": "reject"}
        change_organisation(self._catalog, usage, self._call, {"plan": plan})

    def environment(self, environment_id: str) -> Item:
        pointer = self._table.get(pointer_key(environment_id))
        assert pointer
        item = self._table.get(keys.environment_key(pointer.data["endpoint_id"], environment_id))
        assert item
        return item

    def is_exhausted(self, environment_id: str) -> bool:
        pointer = self._table.get(pointer_key(environment_id))
        assert pointer
        return bool(pointer.data["plan_exhausted"])

    def is_settled(self, environment_id: str, has_stream: Callable[[str], bool], most_streams: int) -> bool:
        """Return whether an environment has what it needs and nothing more, as far as the operator knows it."""
        pointer = self._table.get(pointer_key(environment_id))
        assert pointer
        every_stream = stream_names("ingest-", environment_id, most_streams)
        there = [stream for stream in every_stream if has_stream(stream)]
        if pointer.data["state"] == "deleted":
            return not there
        environment = self.environment(environment_id).data
        needed = every_stream[: environment["streams"]]
        return environment["status"] == "active" and there == needed == pointer.data["streams"]

    def _finalised(self, endpoint_id: str, number_type: str) -> str:
        revision_id = str(create_revision(self._catalog, self._call, endpoint_id)["id"])
        replace_fields(self._catalog, self._call, revision_id, fields(number_type))
        finalise_revision(self._catalog, self._call, revision_id)
        return revision_id
