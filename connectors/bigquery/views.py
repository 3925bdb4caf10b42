"""The views of an environment: made, or put in the place of what they were, in one statement: they are always there.

One whose field no revision has any more stays as it is, as tables do.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, RefusedRequest, translated
from connectors.bigquery.planned_views import PlannedView
from connectors.bigquery.tables import CALL_SECONDS, check_owner, labels, table_id
from domain.delivery.connectors import Target
from domain.errors import Undelivered

_AT_ONCE = 8


def ensure_views(client: bigquery.Client, target: Target, views: Sequence[PlannedView]) -> None:
    """Make views; one that can't be made holds up no other, and the first such failure is raised at the end."""

    def ensured(view: PlannedView) -> Undelivered | None:
        try:
            ensure_view(client, target, view)
        except Undelivered as error:
            return error
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        failures = list(filter(None, pool.map(ensured, views)))
    if failures:
        raise failures[0]


def ensure_view(client: bigquery.Client, target: Target, view: PlannedView) -> None:
    """Give a view the first of its queries that BigQuery takes."""
    name = table_id(target, view.name)
    queries = view.queries
    try:
        with translated("look at the view"):
            found = client.get_table(name, retry=NO_RETRY, timeout=CALL_SECONDS)
    except MissingTable:
        pass
    else:
        check_owner(target, found)
        if found.view_query in queries:
            return
    for query in queries[:-1]:
        try:
            _replace(client, target, view, query)
        except RefusedRequest:
            continue
        return
    _replace(client, target, view, queries[-1])


def _replace(client: bigquery.Client, target: Target, view: PlannedView, query: str) -> None:
    marks = ", ".join(f"('{key}', '{value}')" for key, value in labels(target).items())
    options = f"description = '{view.description}', labels = [{marks}]"
    statement = f"CREATE OR REPLACE VIEW `{table_id(target, view.name)}` OPTIONS ({options}) AS {query}"
    run(client, target, statement, "make the view")


def run(client: bigquery.Client, target: Target, statement: str, doing: str, *, dry: bool = False) -> None:
    """Run a statement, or only see whether it could be; raise `Undelivered` if not."""
    with translated(doing):
        job = client.query(
            statement,
            job_config=bigquery.QueryJobConfig(dry_run=dry),
            location=target.destination["location"],
            retry=NO_RETRY,
            job_retry=NO_RETRY,
            timeout=CALL_SECONDS,
        )
        if not dry:
            job.result(retry=NO_RETRY, timeout=CALL_SECONDS)
