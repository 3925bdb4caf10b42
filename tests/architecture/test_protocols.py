"""Every route of another collector's protocol has its file, answers, template, docs and recording."""

import re
from pathlib import Path

import pytest

from domain.language.templates import TEMPLATES
from domain.protocols.routes import AT_THE_ADDRESS, ROUTES, route_of
from domain.protocols.shared.loading import protocol_named
from domain.protocols.shared.shape import Ending, Protocol, Result
from schemas.codes import PROBLEM_STATUS, Problem
from tests.recorded import PROTOCOL_OF_RECORDING, RECORDINGS, WITHOUT_RECORDING, recording

ROOT = Path(__file__).parents[2]
PROTOCOLS = ROOT / "domain" / "protocols"
ALL = [*ROUTES.values(), *AT_THE_ADDRESS.values()]
OF_ANY_SHAPE = {"ndjson", "tinybird"}
"""Protocols whose events have no shape that a template could say: rows and lines as their senders have them."""
NAMES = sorted({name for route in ALL for name in (route.protocol, *route.by_key.values())})
CODES = {
    Ending.KEPT: [None],
    Ending.REJECTED: [Problem.INVALID_EVENT, Problem.NOT_JSON],
    Ending.OVER_RATE: [Problem.RATE_LIMITED],
    Ending.PLAN_USED_UP: [Problem.PLAN_EXHAUSTED],
    Ending.NOT_DURABLE: [Problem.UNDELIVERABLE, Problem.NOT_READY],
    Ending.REFUSED: [
        Problem.BODY_TOO_LARGE,
        Problem.TOO_MANY_EVENTS,
        Problem.UNSUPPORTED_ENCODING,
        Problem.BAD_ENCODING,
        Problem.ORIGIN_NOT_ALLOWED,
        Problem.BAD_KEY,
        Problem.BAD_SIGNATURE,
        Problem.DELETED,
        Problem.UNKNOWN_ENVIRONMENT,
        Problem.METHOD_NOT_ALLOWED,
        Problem.NO_PAYLOAD,
        Problem.INTERNAL,
    ],
}
"""Of each column of the table of answers, the codes that end a request so."""


def result(ending, code, route):
    """Return what a protocol is told of a request that was refused unread, or kept whole."""
    status = PROBLEM_STATUS[code] if code else 200
    native = {"code": code, "message": "One sentence.", "status": status} if code else {"ok": True, "accepted": 1}
    return Result(ending, status, code, native, (), None, None, 0, "req_1", {}, route)


def test_every_file_is_a_protocol_of_a_route():
    assert sorted(path.stem for path in PROTOCOLS.glob("*.py") if path.stem not in {"__init__", "routes"}) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_file_holds_a_protocol(name):
    assert isinstance(protocol_named(name), Protocol)


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_is_found_by_its_path(route):
    assert route_of(route.replace("{key}", "wk").replace("{name}", "shop").replace("{token}", "t"))[0] == route


@pytest.mark.parametrize(("ending", "code"), [(ending, code) for ending, codes in CODES.items() for code in codes])
@pytest.mark.parametrize("route", [route for route, held in ROUTES.items() if not held.is_configuration])
def test_every_route_answers_every_ending(route, ending, code):
    reply = protocol_named(ROUTES[route].protocol).answer(result(ending, code, route))
    assert (reply.status < 300) is (ending is Ending.KEPT)


def test_every_route_of_configuration_is_answered():
    assert all(protocol_named(route.protocol).configure for route in ALL if route.is_configuration)


@pytest.mark.parametrize("name", NAMES)
def test_every_protocol_has_a_page_that_the_overview_names(name):
    assert (ROOT / "docs" / "protocols" / f"{name}.md").is_file()
    assert f"({name}.md)" in (ROOT / "docs" / "protocols" / "README.md").read_text()


def routes_in_docs():
    """Return the protocol and the methods of each route in the overview's table, as the table of routes has them."""
    told = {}
    for line in (ROOT / "docs" / "protocols" / "README.md").read_text().splitlines():
        routes, *rest = line.strip("|").split(" | ")
        for written in re.findall(r"`(/[^`]*)`", routes) if rest else ():
            start, choices, end = re.fullmatch(r"([^{]*)(?:\{([^}]*)\})?(.*)", written).groups()
            page = re.search(r"\(([a-z0-9]+)\.md\)", rest[1])[1]
            for choice in (choices or "").split(","):
                route = re.sub("<(key|name)>", r"{\1}", f"{start}{choice}{end}").replace(
                    "/array/{key}", "/array/{token}"
                )
                told.setdefault(route, []).append((page, set(re.findall("POST|GET", rest[0]))))
    return told


def test_the_overview_tells_every_route_with_its_protocol_and_its_methods():
    expected = {
        name: [(protocol, set(route.methods)) for protocol in sorted(set(route.by_key.values()) or {route.protocol})]
        for name, route in ROUTES.items()
    }
    told = {name: sorted(pages, key=lambda page: page[0]) for name, pages in routes_in_docs().items()}
    expected["/batch"] = [("amplitude", {"POST"}), ("posthog", {"POST", "GET"})]  # a GET has no body with events
    assert told == expected


@pytest.mark.parametrize("name", NAMES)
def test_every_protocol_has_a_template_or_events_of_any_shape(name):
    pages = {template.page for template in TEMPLATES.values()}
    assert (f"protocols/{name}.md" in pages) is (name not in OF_ANY_SHAPE)


@pytest.mark.parametrize("name", NAMES)
def test_every_protocol_has_a_recording(name):
    assert name in PROTOCOL_OF_RECORDING.values()


def test_every_route_has_a_recording_or_is_another_name_of_one_that_has():
    paths = {request.path.rstrip("/") for name in PROTOCOL_OF_RECORDING for request in recording(name).requests}
    recorded = {found[0] for path in paths if (found := route_of(path))}
    assert recorded == ROUTES.keys() - WITHOUT_RECORDING.keys()
    assert set(WITHOUT_RECORDING.values()) <= recorded
    for name, other in WITHOUT_RECORDING.items():
        assert ROUTES[name]._replace(is_dry_run=False) == ROUTES[other]


def test_every_recording_is_of_a_protocol():
    assert PROTOCOL_OF_RECORDING.keys() == {path.stem for path in RECORDINGS.glob("*.json")}
    assert set(PROTOCOL_OF_RECORDING.values()) <= {*NAMES, "native"}


def test_all_protocols_together_are_small():
    sizes = [path.stat().st_size for path in PROTOCOLS.rglob("*.py")]
    assert sum(sizes) < 200_000
