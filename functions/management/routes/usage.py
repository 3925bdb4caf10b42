"""Routes of usage."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.catalog import usage
from domain.metering.ports import UsageReader
from domain.metering.slices import Slice
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import MAX_USAGE_GROUPS, MAX_USAGE_NAMES_DAYS, MAX_USAGE_POINTS
from schemas.models.declared import ID_PATTERN
from schemas.models.usage import SliceName, Usage, UsageCodes

_PROBLEMS = (Problem.NOT_FOUND,)
_TIME = "RFC 3339, such as 2026-11-23T09:00:00Z; rounded {} to a whole slice."

_Id = Annotated[str | None, Query(pattern=ID_PATTERN, description="Its id; without it, all of the organisation.")]
_From = Annotated[str | None, Query(alias="from", description=_TIME.format("down"))]
_To = Annotated[str | None, Query(description=f"{_TIME.format('up')} Without it, or later than now: now.")]
_Slice = Annotated[
    SliceName | None,
    Query(alias="slice", description=f"Of UTC. At most {MAX_USAGE_POINTS:,} of them make an answer."),
]
_Metrics = Annotated[
    str | None, Query(description=f"Some of {', '.join(usage.METRICS)}, joined by commas; without it, all.")
]

_By = Annotated[
    Literal["endpoint", "environment", "event_name", "protocol"] | None,
    Query(
        description="Adds `groups`, the same of each endpoint or environment; or an environment's events by name, "
        f"`names` and `other`, of at most {MAX_USAGE_NAMES_DAYS} days; or events by the protocol that they came in, "
        "`protocols`."
    ),
]
_Ids = Annotated[
    str | None,
    Query(
        max_length=4_096,
        description=f"With `by`, of which endpoints or environments: at most {MAX_USAGE_GROUPS}, joined by commas. "
        "Without it, of all endpoints, or of all environments of `endpoint`.",
    ),
]


def declare(routes: Routes, catalog: Catalog, reader: UsageReader) -> None:
    """Declare them."""

    @routes.add("GET", "/v1/usage", "Get usage by slice", role=Role.VIEWER, shown=Usage, problems=_PROBLEMS)
    def get_usage(
        endpoint: _Id = None,
        environment: _Id = None,
        revision: _Id = None,
        start: _From = None,
        to: _To = None,
        slice_: _Slice = None,
        metrics: _Metrics = None,
        by: _By = None,
        ids: _Ids = None,
    ) -> Resource:
        """Without times, the last 24 hours by hour. What deleted environments took is in the sums."""
        wanted = None if slice_ is None else Slice(slice_)
        asked = usage.Asked(endpoint, environment, revision, start, to, wanted, metrics, by, ids)
        return usage.show_usage(catalog, reader, routes.call, asked)

    @routes.add(
        "GET",
        "/v1/usage/codes",
        "Get the codes of refused events by count",
        role=Role.VIEWER,
        shown=UsageCodes,
        problems=_PROBLEMS,
    )
    def get_usage_codes(
        endpoint: _Id = None, environment: _Id = None, revision: _Id = None, start: _From = None, to: _To = None
    ) -> Resource:
        """Without times, the last 24 hours. The longer the range, the longer the slices it is rounded to."""
        asked = usage.Asked(endpoint, environment, revision, start, to)
        return usage.show_codes(catalog, reader, routes.call, asked)
