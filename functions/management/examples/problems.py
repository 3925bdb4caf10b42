"""One example of each problem that the management API documents."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from domain.language.budget import TOO_COMPLEX
from domain.problems import problem_document
from functions.management.examples.names import BRANCH, DEPLOYMENT, ORGANISATION, REDRIVE
from schemas.codes import Problem

_REQUEST = "f3c9520f-a30d-4ae4-b39c-e74d599efd9d"
_CHECK = "The data set shop_events is not there."

_MESSAGES: Mapping[Problem, str] = MappingProxyType(
    {
        Problem.NOT_JSON: "The body is not JSON (RFC 8259); the first error is at line 2, column 12.",
        Problem.NO_PAYLOAD: "The batch holds no event: send at least one.",
        Problem.BAD_ENCODING: "The body can't be decoded with its Content-Encoding. Compress it as the header says, "
        "or leave the header out.",
        Problem.UNAUTHENTICATED: "The request has no token. Send one as `Authorization: Bearer iet_…`, or sign in.",
        Problem.FORBIDDEN: "This needs the role editor, and the caller has the role viewer.",
        Problem.NOT_FOUND: "There is no such environment.",
        Problem.CONFLICT: "Too many changes of the same thing at once; try again.",
        Problem.CHOOSE_ORGANISATION: "You are a member of several organisations: name one in the header "
        "X-Organisation-Id.",
        Problem.NAME_TAKEN: "Another endpoint has this name; upper and lower case count as the same.",
        Problem.DOMAIN_IN_USE: "Another environment has this domain: remove it there, or choose another.",
        Problem.CONFIRMATION_MISMATCH: "Deleting needs ?confirm= with the exact name of it.",
        Problem.REVISION_FINALISED: "A finalised revision can be neither changed nor deleted; clone it to go on "
        "from it.",
        Problem.REVISION_NOT_FINALISED: "Only a finalised revision can be deployed; finalise it first.",
        Problem.REVISION_EMPTY: "This revision has no fields yet; add one first.",
        Problem.REDRIVE_RUNNING: "Another redrive of this environment has not ended; wait for it, or cancel it.",
        Problem.CANARY_RUNNING: "A canary is running in this environment. Promote or abort it first.",
        Problem.CANARY_ENDED: "This canary has ended: it was aborted.",
        Problem.LIMIT_REACHED: "An organisation has at most 200 delivery streams, and this would make 201. The "
        "deployment's operator can raise the limit `streams`.",
        Problem.TAPS_OFF: "This environment's setting `taps` is `off`, so that nobody reads its live events. Change "
        "the setting first.",
        Problem.VERSION_CONFLICT: "This was changed since you read it; read it again, then repeat the change.",
        Problem.BODY_TOO_LARGE: "The body has more than 5,242,880 bytes.",
        Problem.TOO_MANY_EVENTS: "A request can have at most 1,000 events: send the rest in further requests.",
        Problem.UNSUPPORTED_MEDIA_TYPE: "Send the body as application/json.",
        Problem.UNSUPPORTED_ENCODING: "Send the body without a content encoding.",
        Problem.INVALID_REQUEST: "/name: This field is required.",
        Problem.TOO_COMPLEX: TOO_COMPLEX,
        Problem.DESTINATION_REFUSED: f"The destination was tried and is not saved: {_CHECK}",
        Problem.PRECONDITION_REQUIRED: "Send If-Match with the ETag of the copy that you changed.",
        Problem.INTERNAL: "This is our fault; it has been logged.",
        Problem.MISCONFIGURED: "AWS does not let this deployment import a certificate (AccessDeniedException): grant "
        "its role what is missing. The deployment's operator finds this request in its log by its id.",
        Problem.UNDELIVERABLE: "What this needs can't be reached at the moment; try again, with the same "
        "Idempotency-Key for a POST.",
    }
)
_ERRORS: Mapping[Problem, list[dict[str, str]]] = MappingProxyType(
    {
        Problem.INVALID_REQUEST: [{"pointer": "/name", "code": "required", "message": "This field is required."}],
        Problem.TOO_COMPLEX: [{"pointer": "/fields/3/rules/0/value", "code": "too_complex", "message": TOO_COMPLEX}],
        Problem.DESTINATION_REFUSED: [{"pointer": "/destination", "code": "destination_check", "message": _CHECK}],
    }
)
_EXTRA: Mapping[Problem, dict[str, Any]] = MappingProxyType(
    {
        Problem.FORBIDDEN: {"needed_role": "editor"},
        Problem.LIMIT_REACHED: {"limit": "streams", "allowed": 200},
        Problem.CHOOSE_ORGANISATION: {
            "organisations": [
                {"id": ORGANISATION, "name": "Acme", "role": "owner"},
                {"id": BRANCH, "name": "Branch", "role": "viewer"},
            ]
        },
        Problem.VERSION_CONFLICT: {"current_version": 4},
        Problem.REDRIVE_RUNNING: {"redrive_id": REDRIVE},
        Problem.CANARY_RUNNING: {"deployment_id": DEPLOYMENT},
    }
)


def problem_examples(problems: Iterable[Problem]) -> dict[str, Any]:
    """Return `components.examples`: for each problem its document, by its code.

    Raises:
        KeyError: a problem has no message here.
    """
    return {
        problem.value: {
            "value": problem_document(
                problem,
                _MESSAGES[problem],
                _REQUEST,
                errors=_ERRORS.get(problem, ()),
                extra=_EXTRA.get(problem),
            )
        }
        for problem in sorted(set(problems))
    }
