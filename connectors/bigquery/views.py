"""The view of an environment: made, or given another query."""

from collections.abc import Sequence

from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, RefusedRequest, translated
from connectors.bigquery.tables import CALL_SECONDS, check_owner, labels, table_id
from domain.delivery.connectors import Target


def ensure_view(client: bigquery.Client, target: Target, queries: Sequence[str]) -> None:
    """Give the view the first of the queries that BigQuery takes."""
    for query in queries[:-1]:
        try:
            _write(client, target, query)
        except RefusedRequest:
            continue
        return
    _write(client, target, queries[-1])


def _write(client: bigquery.Client, target: Target, query: str) -> None:
    view = bigquery.Table(table_id(target, target.destination["table"]))
    try:
        with translated("look at the view"):
            found = client.get_table(view.reference, retry=NO_RETRY, timeout=CALL_SECONDS)
    except MissingTable:
        view.view_query = query
        view.labels = labels(target)
        view.description = "The events of all revisions of an environment."
        with translated("make the view"):
            client.create_table(view, exists_ok=True, retry=NO_RETRY, timeout=CALL_SECONDS)
        return
    check_owner(target, found)
    if found.view_query != query:
        found.view_query = query
        with translated("change the view"):
            client.update_table(found, ["view_query"], retry=NO_RETRY, timeout=CALL_SECONDS)
