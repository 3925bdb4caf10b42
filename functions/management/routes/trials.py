"""Routes of trials: a revision tried on real events."""

from domain.catalog import trials
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from domain.trials.running import TrialStarter
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.trial import Trial, TrialCreate, TrialPage

_OF_A_REVISION = "/v1/revisions/{revision_id}/trials"
_ONE = "/v1/trials/{trial_id}"


def declare(routes: Routes, catalog: Catalog, starter: TrialStarter) -> None:
    """Declare them."""

    @routes.add(
        "POST",
        _OF_A_REVISION,
        "Try a revision on events that were sent",
        role=Role.EDITOR,
        shown=Trial,
        status=201,
        body="json",
        location="/v1/trials/{id}",
        problems=(Problem.REVISION_EMPTY, Problem.TAPS_OFF, Problem.LIMIT_REACHED),
    )
    def create_trial(revision_id: str, body: TrialCreate) -> Resource:
        """A draft or a finalised revision. The work goes on after the answer. Nothing is changed or sent."""
        given = body.given()
        asked = trials.TrialAsked(body.environment_id, body.source, body.sample, given.get("start"), given.get("to"))
        return trials.create_trial(catalog, starter, routes.call, revision_id, asked)

    @routes.add(
        "GET",
        _OF_A_REVISION,
        "List a revision's trials, newest first",
        role=Role.VIEWER,
        shown=TrialPage,
    )
    def list_trials(revision_id: str, limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Those that have ended, too, for seven days."""
        return trials.list_trials(catalog, routes.call, revision_id, limit, cursor)

    @routes.add("GET", _ONE, "Get a trial and what it has found", role=Role.VIEWER, shown=Trial)
    def get_trial(trial_id: str) -> Resource:
        """While it runs, what it has found so far."""
        return trials.get_trial(catalog, routes.call, trial_id)

    @routes.add("POST", f"{_ONE}/cancel", "Cancel a trial", role=Role.EDITOR, shown=Trial, if_match="optional")
    def cancel_trial(trial_id: str) -> Resource:
        """It stops before its next object, and another can start at once. What it has found stays."""
        return trials.cancel_trial(catalog, routes.call, trial_id)
