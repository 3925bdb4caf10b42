"""The route that compares revisions."""

from domain.catalog.revisions import read_with_tree
from domain.language.diff import Tree, diff_trees
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routing import Routes
from schemas.models.diff import RevisionDiff


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare it."""

    @routes.add(
        "GET",
        "/v1/revisions/{revision_id}/diff/{other_id}",
        "Compare two revisions",
        role=Role.VIEWER,
        shown=RevisionDiff,
        computes=True,
    )
    def diff_revisions(revision_id: str, other_id: str) -> Resource:
        """From the first to the second; drafts and revisions of different endpoints, too."""
        return diff_trees(_read_tree(revision_id), _read_tree(other_id), routes.budget)

    def _read_tree(revision_id: str) -> Tree:
        revision, tree = read_with_tree(catalog.table, routes.call, revision_id)
        return Tree(
            revision.data["additional_keys"],
            tree.data["fields"],
            edition=tree.data.get("edition", 1),
            event_name=revision.data.get("event_name", []),
        )
