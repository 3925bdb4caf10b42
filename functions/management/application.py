"""The management API put together: which routes there are, and the document that describes them."""

from typing import Any

from domain.alerts.sending import Ways
from domain.catalog.custom_domains import DomainRules
from domain.live.ports import TapStore
from domain.live.reading import Patience
from domain.metering.ports import UsageReader
from domain.metering.unknown_keys import Stored
from domain.operations.ports import DeadLetters
from domain.operations.set_aside import SetAside
from domain.quarantine.ports import RedriveStarter
from domain.quarantine.reading import Quarantine
from domain.records.change import Catalog
from domain.trials.running import TrialStarter
from domain.warehouses.engine import OwnBucket
from functions.management.routes import (
    alert_targets,
    alerts,
    audit,
    custom_domains,
    deployments,
    diffs,
    endpoints,
    environments,
    invitations,
    me,
    members,
    operations,
    organisation,
    quarantine,
    revision_documents,
    revisions,
    set_aside,
    snippets,
    sql,
    taps,
    templates,
    tokens,
    trials,
    unknown_keys,
    usage,
    warehouses,
)
from functions.management.routes.revisions import DryRunner
from functions.management.routing import Routes


def make_routes(
    catalog: Catalog,
    dry_run: DryRunner,
    usage_reader: UsageReader,
    quarantined: Quarantine,
    redrive_starter: RedriveStarter,
    domain_rules: DomainRules,
    dead_letters: DeadLetters,
    refused: SetAside,
    stored_unknown_keys: Stored,
    tapped: TapStore,
    patience: Patience,
    trial_starter: TrialStarter,
    alert_ways: Ways,
    deployment_account: str | None,
    own_bucket: OwnBucket | None,
) -> Routes:
    """Return every route of the API, declared and described."""
    routes = Routes()
    me.declare(routes, catalog, deployment_account)
    invitations.declare(routes, catalog)
    organisation.declare(routes, catalog, usage_reader)
    members.declare(routes, catalog)
    tokens.declare(routes, catalog)
    audit.declare(routes, catalog)
    templates.declare(routes)
    endpoints.declare(routes, catalog)
    revisions.declare(routes, catalog, dry_run)
    revision_documents.declare(routes, catalog)
    diffs.declare(routes, catalog)
    environments.declare(routes, catalog)
    deployments.declare(routes, catalog, usage_reader)
    custom_domains.declare(routes, catalog, domain_rules)
    snippets.declare(routes, catalog)
    warehouses.declare(routes, catalog, own_bucket)
    sql.declare(routes, catalog, own_bucket)
    usage.declare(routes, catalog, usage_reader)
    quarantine.declare(routes, catalog, quarantined, redrive_starter)
    operations.declare(routes, catalog, dead_letters)
    set_aside.declare(routes, catalog, refused)
    unknown_keys.declare(routes, catalog, stored_unknown_keys)
    taps.declare(routes, catalog, usage_reader, tapped, patience)
    trials.declare(routes, catalog, trial_starter)
    alerts.declare(routes, catalog, alert_ways)
    alert_targets.declare(routes, catalog, alert_ways)
    return routes


def describe_routes() -> Routes:
    """Return the routes as the OpenAPI document needs them: declared, and never called."""
    nothing: Any = None
    return make_routes(*[nothing] * 15)
