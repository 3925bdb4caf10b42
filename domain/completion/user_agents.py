"""Browsers, systems and devices, told from user agents by the uap-core rules.

The rules are some 1,270 regular expressions that take a tenth of a second to compile, so each of the three sets is
loaded when the first revision that needs it is compiled, and never otherwise. They run on Python's backtracking engine.
Several are quadratic, none that was found is worse, so the cut is what bounds the time of a hostile user agent: at 512
characters the worst that was found takes some 6 ms for all three sets; an ordinary one takes 0.7 ms, once.
"""

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar

from domain.completion.bounded_text import bounded_text

MAX_USER_AGENT_CHARS = 512
MAX_PARSED_USER_AGENTS = 1_000  # of each set; at their longest they take 1 MB

_Found = TypeVar("_Found")
_UNKNOWN = "Other"


class Software(NamedTuple):
    """A browser or an operating system; `version` joins the known parts with dots."""

    name: str | None
    version: str | None


class Device(NamedTuple):
    name: str | None
    brand: str | None
    model: str | None


NO_SOFTWARE = Software(None, None)
NO_DEVICE = Device(None, None, None)


@cache
def load_browser_parser() -> Callable[[str], Software]:
    """Load the rules for browsers, once, and return the function from a user agent to its browser."""
    return _bounded(_parser(_load_matchers(0), _software), NO_SOFTWARE)


@cache
def load_system_parser() -> Callable[[str], Software]:
    """Load the rules for operating systems, once, and return the function from a user agent to its system."""
    return _bounded(_parser(_load_matchers(1), _software), NO_SOFTWARE)


@cache
def load_device_parser() -> Callable[[str], Device]:
    """Load the rules for devices, once, and return the function from a user agent to its device."""
    return _bounded(_parser(_load_matchers(2), _device), NO_DEVICE)


def _load_matchers(index: int) -> Iterable[Any]:
    from ua_parser.loaders import load_lazy_builtins  # noqa: PLC0415 - only revisions that need the rules pay for them

    return load_lazy_builtins()[index]


def _parser(matchers: Iterable[Any], read: Callable[[Any], _Found]) -> Callable[[str], _Found | None]:
    """Return the function that gives what the first matching rule finds; compiles every rule."""
    rules = [(matcher.pattern.search, matcher) for matcher in matchers]

    def parse(user_agent: str) -> _Found | None:
        for search, matcher in rules:
            if search(user_agent):
                try:
                    return read(matcher(user_agent))
                except (ValueError, TypeError):
                    # The rule matched, but its group for the family holds nothing: the next one may know more.
                    continue
        return None

    return parse


def _bounded(parse: Callable[[str], _Found | None], nothing: _Found) -> Callable[[str], _Found]:
    """Return `parse` for user agents of any length, with the last results kept."""

    @lru_cache(MAX_PARSED_USER_AGENTS)
    def parse_cut(user_agent: str) -> _Found:
        return parse(user_agent) or nothing

    def parse_bounded(user_agent: str) -> _Found:
        return parse_cut(user_agent[:MAX_USER_AGENT_CHARS])

    return parse_bounded


def _software(found: Any) -> Software:
    parts: list[str] = []
    for part in (found.major, found.minor, found.patch, found.patch_minor):
        if not part:
            break
        parts.append(part)
    return Software(_known(found.family), bounded_text(".".join(parts)) or None)


def _device(found: Any) -> Device:
    return Device(_known(found.family), _known(found.brand), _known(found.model))


def _known(name: str | None) -> str | None:
    return bounded_text(name) if name and name != _UNKNOWN else None
