"""What a protocol makes of a request in a dry run, by the code that its senders meet.

Imported at the first dry run that names a protocol.
"""

from typing import cast

from domain.errors import Rejected
from domain.http import HttpRequest
from domain.intake.protocol_request import ProtocolRequest
from domain.intake.translated_texts import TranslatedTexts
from domain.protocols.routes import AT_THE_ADDRESS, ROUTES, first_route_of, route_of
from domain.protocols.shared.loading import protocol_named
from schemas.codes import Problem
from schemas.items import Pointer

_NOWHERE = cast("Pointer", {"environment_id": "env_dry_run", "revision_id": "", "allowed_origins": []})


def dry_run_texts(
    request: HttpRequest, protocol: str, route: str | None, received_ns: int, received_at: str
) -> TranslatedTexts:
    """Return the events that a protocol makes of a request's body.

    Args:
        request: its body is what a sender of the protocol would send.
        protocol: the protocol's name.
        route: the route that it would take; None is the first of the protocol.
        received_ns: when it came.
        received_at: the same as text.

    Raises:
        Rejected: there is no such protocol or route, or the request can't be read as a whole.
    """
    name = first_route_of(protocol) if route is None else route.rstrip("/")
    found = ("", "") if name == "" and protocol in AT_THE_ADDRESS else route_of(name or "")
    if name is None or found is None:
        raise Rejected(
            Problem.BAD_REQUEST, "There is no such protocol, or it has no such route: docs/protocols lists them."
        )
    held = ROUTES[found[0]] if found[0] else AT_THE_ADDRESS[protocol]
    if held.is_configuration or protocol not in (held.protocol, *held.by_key.values()):
        raise Rejected(Problem.BAD_REQUEST, "The route accepts no events of this protocol: docs/protocols lists them.")
    spoken = ProtocolRequest(request, held, *found, protocol, protocol_named(protocol))
    spoken.translate(_NOWHERE, received_ns, received_at)
    return spoken.texts()
