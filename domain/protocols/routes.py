"""Which route is which protocol's: what follows an environment's address, without a slash at its end.

Data only. A protocol's name is its file's. A `{…}` stands for one part of a path.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Route(NamedTuple):
    """Whose a route is, and what it takes.

    `methods` are those besides HEAD and OPTIONS. `by_key` names the protocols that share a route, by the key of the
    body that decides; `protocol` is whose it is where none of them is there. Of a dry run nothing is kept or counted.
    """

    protocol: str
    methods: tuple[str, ...] = ("POST",)
    is_configuration: bool = False
    is_image: bool = False
    is_dry_run: bool = False
    by_key: Mapping[str, str] = {}


_GET = ("GET",)
_SEGMENT = Route("segment")
_SEGMENT_IMAGE = Route("segment", _GET, is_image=True)
_SEGMENT_CONFIGURATION = Route("segment", _GET, is_configuration=True)
_POSTHOG = Route("posthog", ("POST", "GET"))
_POSTHOG_QUESTION = Route("posthog", is_configuration=True)
_CALLS = ("track", "identify", "page", "screen", "group", "alias")
"""Of Segment, and by their first letters."""

ROUTES: Mapping[str, Route] = {
    **dict.fromkeys(("/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"), _SEGMENT),
    **{f"/v1/{name}": _SEGMENT for call in _CALLS for name in (call, call[0])},
    **{f"{start}/{call}": _SEGMENT for start in ("/api/s", "/api/s/s2s") for call in _CALLS},
    **{f"{start}/{call}": _SEGMENT_IMAGE for start in ("/v1/pixel", "/pixel/v1") for call in _CALLS},
    "/v1/projects/{key}/settings": _SEGMENT_CONFIGURATION,
    "/sourceConfig": _SEGMENT_CONFIGURATION,
    **dict.fromkeys(("/e", "/i/v0/e", "/capture"), _POSTHOG),
    "/batch": _POSTHOG._replace(by_key={"batch": "posthog", "events": "amplitude"}),
    **dict.fromkeys(("/i/v1/analytics/events", "/i/v0/ai/batch"), Route("posthog")),
    "/array/{token}/config": Route("posthog", _GET, is_configuration=True),
    **dict.fromkeys(("/flags", "/decide"), _POSTHOG_QUESTION),
    **dict.fromkeys(("/2/httpapi", "/amplitude"), Route("amplitude")),
    **dict.fromkeys(("/track", "/engage", "/groups", "/import"), Route("mixpanel", ("POST", "GET"))),
    "/mp/collect": Route("ga4"),
    "/debug/mp/collect": Route("ga4", is_dry_run=True),
    "/v0/events": Route("tinybird"),
    "/ndjson": Route("ndjson"),
    "/firehose": Route("firehose"),
    "/logpush": Route("logpush"),
    "/hooks/{name}": Route("hooks"),
    "/com.snowplowanalytics.snowplow/tp2": Route("snowplow"),
    **dict.fromkeys(("/i", "/ice.png"), Route("snowplow", _GET, is_image=True)),
}

AT_THE_ADDRESS: Mapping[str, Route] = {"cloudevents": Route("cloudevents")}
"""Protocols that are known by a header, not by a route."""

_CLOSED = frozenset(route for route in ROUTES if "{" not in route)
_OPEN = tuple((route.partition("{")[0], route.partition("}")[2], route) for route in ROUTES if "{" in route)


def route_of(path: str) -> tuple[str, str] | None:
    """Return the route that a path takes, as in `ROUTES`, and the text that stands for its `{…}`; None without one."""
    if path in _CLOSED:
        return path, ""
    for start, end, route in _OPEN:
        if path.startswith(start) and path.endswith(end):
            part = path[len(start) : len(path) - len(end)]
            if part and "/" not in part:
                return route, part
    return None


def first_route_of(protocol: str) -> str | None:
    """Return the route on which a protocol takes events first of all; empty for the address, None for no protocol."""
    if protocol in AT_THE_ADDRESS:
        return ""
    for name, route in ROUTES.items():
        if protocol in (route.protocol, *route.by_key.values()) and not (route.is_configuration or route.is_image):
            return name
    return None
