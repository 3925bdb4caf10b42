"""The view of an environment: made, or put in the place of what it was in one statement, so that it is always there."""

from collections.abc import Sequence

from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, RefusedRequest, translated
from connectors.bigquery.tables import CALL_SECONDS, check_owner, labels, table_id
from domain.delivery.connectors import Target

_DESCRIPTION = "The events of all revisions of an environment."


def ensure_view(client: bigquery.Client, target: Target, queries: Sequence[str]) -> None:
    """Give the view the first of the queries that BigQuery takes."""
    name = table_id(target, target.destination["table"])
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
            _replace(client, target, name, query)
        except RefusedRequest:
            continue
        return
    _replace(client, target, name, queries[-1])


def _replace(client: bigquery.Client, target: Target, name: str, query: str) -> None:
    marks = ", ".join(f"('{key}', '{value}')" for key, value in labels(target).items())
    statement = (
        f"CREATE OR REPLACE VIEW `{name}` OPTIONS (description = '{_DESCRIPTION}', labels = [{marks}]) AS {query}"
    )
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
