"""Trials: looks at events that were sent, and says what a revision would make of them."""

from domain.records.keys import OPEN_TRIALS, trial_work_group, trials_group
from functions.trial.settings import TrialSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec, Schedule
from infra.functions.stacks import Stacks
from infra.stacks.state import DELIVERED_PREFIX, QUARANTINE_PREFIX

WRITTEN_GROUPS = (trials_group("*"), trial_work_group("*"), OPEN_TRIALS)


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it reads events wherever they are, and writes nothing but trials."""
    state, settings = stacks.state, stacks.settings
    return FunctionSpec(
        name="trial",
        description="Does the steps of trials, and starts those whose start got lost",
        settings=TrialSettings(
            catalog_table=state.tables.catalog.table_name,
            counters_table=state.tables.counters.table_name,
            taps_table=state.tables.taps.table_name,
            data_bucket=state.data.bucket_name,
            landing_bucket=state.landing.bucket_name,
            state_machine_arn=stacks.trials_arn,
            quarantine_days=settings.quarantine_days,
        ),
        statements=[
            *grants.writing_catalog_of(state.tables.catalog, *WRITTEN_GROUPS),
            *grants.reading(state.tables.counters),
            *grants.reading(state.tables.taps),
            *grants.reading_objects(state.data, DELIVERED_PREFIX, QUARANTINE_PREFIX),
            *grants.reading_objects(state.landing, DELIVERED_PREFIX),
            *grants.allowing(["states:StartExecution"], stacks.trials_arn),
            *grants.allowing(
                ["states:DescribeExecution"], f"{stacks.trials_arn.replace(':stateMachine:', ':execution:')}:*"
            ),
        ],
        # Some tables, a choice of a hundred thousand events and two compiled revisions; memory buys processor.
        memory_mib=1_769,
        timeout_seconds=300,
        schedules=[Schedule(minutes=1, event={"step": "sweep"})],
    )
