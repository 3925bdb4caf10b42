"""Which view a destination of files of Parquet has over its revisions, where a catalog lists them."""

from collections.abc import Iterable

from domain.delivery.connectors import RevisionTable, Target
from domain.queries.lake_views import ViewOfAll, view_of_all
from domain.warehouses.columns import warehouse_columns


def planned_view(target: Target, newest_first: Iterable[RevisionTable]) -> ViewOfAll | None:
    """Return the view of the newest revisions that fit; None if there is none that does."""
    revisions = ((table.revision_id, warehouse_columns(table.fields, table.additional_keys)) for table in newest_first)
    return view_of_all(target.destination["table"], revisions)


def planned_revisions(target: Target, newest_first: Iterable[RevisionTable]) -> list[str]:
    """Return the revisions that the view takes."""
    planned = planned_view(target, newest_first)
    return [] if planned is None else list(planned.names)
