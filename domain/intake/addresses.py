"""Takes the path of a request apart: what names its environment, and what follows the environment's address."""

from domain.http import HttpRequest

_OF_ENVIRONMENTS = "/e/"
_JSON = "application/json"
SCRIPTS = "/js/"
"""What a route begins with that is no sender's: the client for pages."""


def address_from_path(path: str) -> tuple[str | None, str]:
    """Return the environment's id that a path names, None where the Host names it, and the route that follows.

    The route is empty at the address itself; a slash at its end does not matter.
    """
    if path.startswith(_OF_ENVIRONMENTS):
        environment_id, slash, rest = path[3:].partition("/")
        if environment_id:
            return environment_id, f"/{rest}".rstrip("/") if slash else ""
    return None, path.rstrip("/")


def protocol_at_address(request: HttpRequest) -> str | None:
    """Return the protocol of a request to an address itself, None for a native one."""
    headers = request.headers
    content_type = headers.get("content-type", _JSON)
    if "ce-specversion" in headers or (content_type != _JSON and "application/cloudevents" in content_type.lower()):
        return "cloudevents" if request.method == "POST" else None
    return None
