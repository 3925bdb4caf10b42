"""Alerts: looks every minute at the alerts of all environments that have some, and tells their targets."""

from domain.records.keys import ALERTS, alert_states_group
from functions.alerts.settings import AlertsSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec, Schedule
from infra.functions.stacks import Stacks

WRITTEN_GROUPS = (ALERTS, alert_states_group("*"))


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it reads figures, writes who was told what, and sends."""
    state, settings = stacks.state, stacks.settings
    return FunctionSpec(
        name="alerts",
        description="Looks at alerts, and tells their targets",
        settings=AlertsSettings(
            catalog_table=state.tables.catalog.table_name,
            counters_table=state.tables.counters.table_name,
            secret_prefix=settings.destination_secret_prefix,
            mail_topics=grants.topic_arns(state, settings.mail_topic_prefix),
            deployment=settings.name,
        ),
        statements=[
            *grants.writing_catalog_of(state.tables.catalog, *WRITTEN_GROUPS),
            *grants.reading(state.tables.counters),
            *grants.using_secrets(state, f"{settings.alert_secret_prefix}*", state.key, "GetSecretValue"),
            *grants.sending_mail(state, settings.mail_topic_prefix, state.key),
        ],
        # Without alerts, a run is one query. Memory buys processor: by what the ledger's calls take, 45 s of this much
        # are enough for some 500 environments with an alert of each kind.
        memory_mib=512,
        timeout_seconds=55,
        # One at a time: no run overtakes another.
        reserved_concurrency=settings.one_at_a_time,
        schedules=[Schedule(minutes=1)],
    )
