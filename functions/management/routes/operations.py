"""Routes for the operator of a deployment: its queues, and what was given up there."""

from domain.catalog import operations
from domain.operations.ports import DeadLetters
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS, MAX_DEAD_LETTERS_SENT
from schemas.models.operations import DeadLetterPage, DeadLetterWithBody, QueuePage, SendAgain, SentAgain

_ALL = "/v1/operations/queues"
_LETTERS = f"{_ALL}/{{queue}}/dead-letters"


def declare(routes: Routes, catalog: Catalog, dead_letters: DeadLetters) -> None:
    """Declare them."""

    @routes.add(
        "GET",
        _ALL,
        "List the deployment's queues",
        role=Role.OWNER,
        shown=QueuePage,
        problems=(Problem.NOT_FOUND,),
    )
    def list_queues(limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """For the owner of the deployment's first organisation; for anyone else this is not found."""
        return operations.list_queues(catalog, dead_letters, routes.call, limit, cursor)

    @routes.add(
        "GET",
        _LETTERS,
        "List dead letters of a queue, without their texts",
        role=Role.OWNER,
        shown=DeadLetterPage,
    )
    def list_dead_letters(queue: str, limit: Limit = DEFAULT_PAGE_ITEMS) -> Resource:
        """The oldest first. On AWS those that the queue hands out just now; there is no next page."""
        return operations.list_dead_letters(catalog, dead_letters, routes.call, queue, limit)

    @routes.add(
        "GET",
        f"{_LETTERS}/{{letter_id}}",
        "Get a dead letter with its text",
        role=Role.OWNER,
        shown=DeadLetterWithBody,
        problems=(Problem.CONFLICT,),
    )
    def get_dead_letter(queue: str, letter_id: str) -> Resource:
        """The text may hold events of any organisation: that it was read stands in the audit log."""
        return operations.get_dead_letter(catalog, dead_letters, routes.call, queue, letter_id)

    @routes.add(
        "POST",
        f"{_LETTERS}/redrive",
        "Send dead letters again",
        role=Role.OWNER,
        shown=SentAgain,
        body="json",
    )
    def redrive_dead_letters(queue: str, body: SendAgain) -> Resource:
        """They go back to their queue and are worked on as new ones. Fix the cause first."""
        ids = body.given().get("ids")
        return operations.send_again(catalog, dead_letters, routes.call, queue, ids, MAX_DEAD_LETTERS_SENT)
