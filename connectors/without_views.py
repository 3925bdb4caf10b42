"""What the connectors have in common whose destinations have no views: a table of all revisions, or none."""

from collections.abc import Iterable, Sequence

from domain.delivery.connectors import RevisionTable, Target


class WithoutViews:
    """Implements what `Connector` has of views."""

    def make_views(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        """Do nothing: there are no views."""

    def view_takes(self, target: Target, newest_first: Iterable[RevisionTable]) -> list[str] | None:  # noqa: ARG002
        """Return None: there is no view."""
        return None

    def left_out_by_kind(self, target: Target, tables: Sequence[RevisionTable]) -> dict[str, list[str]]:  # noqa: ARG002
        """Return none: there are no views."""
        return {}
