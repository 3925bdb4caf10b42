"""A stage's stacks, and what all of them have in common."""

import os
from collections.abc import Mapping
from typing import Any

from aws_cdk import App, Environment, Tags

from infra.exceptions import excuse
from infra.settings import settings_of
from infra.settings.stage import StageSettings
from infra.stacks.front import FrontStack
from infra.stacks.service import ServiceStack
from infra.stacks.state import StateStack

PROJECT = "ingest-endpoints"


def make_app(context: Mapping[str, Any] | None = None, settings: StageSettings | None = None, **kwargs: Any) -> App:
    """Return the app of one stage.

    Args:
        context: beside what cdk.json and the command line say; `stage` names the stage, otherwise `dev`.
        settings: instead of those of the stage's file.
        kwargs: further arguments of `aws_cdk.App`, such as `outdir`.

    Raises:
        Misconfigured: there is no such stage, or its settings can't work.
    """
    app = App(context=dict(context or {}), analytics_reporting=False, **kwargs)
    settings = settings or settings_of(app.node.try_get_context("stage") or "dev")
    # The CDK's command line tells the region of the credentials, where the settings name none.
    if settings.region is None and os.environ.get("CDK_DEFAULT_REGION"):
        settings.check_region(os.environ["CDK_DEFAULT_REGION"])
    app.node.set_context("stage", settings.name)
    environment = Environment(account=settings.account, region=settings.region)
    state = StateStack(
        app,
        "State",
        settings=settings,
        stack_name=f"ingest-{settings.name}-state",
        description=f"Tables, buckets, queues, keys and users of ingest {settings.name}",
        env=environment,
        termination_protection=settings.keep_data,
    )
    front = FrontStack(
        app,
        "Front",
        settings=settings,
        state=state,
        stack_name=f"ingest-{settings.name}-front",
        description=f"Front doors, addresses and console of ingest {settings.name}",
        env=environment,
    )
    ServiceStack(
        app,
        "Service",
        settings=settings,
        state=state,
        front=front,
        stack_name=f"ingest-{settings.name}-service",
        description=f"Functions, schedules and alarms of ingest {settings.name}",
        env=environment,
    )
    for key, value in (("project", PROJECT), ("stage", settings.name), *settings.tags):
        Tags.of(app).add(key, value)
    excuse(app)
    return app
