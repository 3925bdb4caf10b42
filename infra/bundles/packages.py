"""Which distributions a bundle ships: those that its modules import, with what those need, at the locked versions.

Read from what is installed beside the project: its lock is the same one.
"""

import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from domain.errors import Misconfigured

IN_THE_RUNTIME = frozenset[str]()
"""What Lambda has already and a bundle leaves out: nothing, so that a version is ours and does not move."""


def distributions_of(foreign: Iterable[str], root: Path, python: str) -> tuple[str, ...]:
    """Return the canonical names of the distributions behind modules, and of all that those need on Lambda.

    Args:
        foreign: dotted names, the standard library's among them.
        root: the project, whose `requirements/*.in` name the extras that are wanted.
        python: such as `3.13`.

    Raises:
        Misconfigured: a module belongs to no distribution that is installed.
    """
    extras = _declared_extras(root)
    waiting = [name for module in foreign for name in _owners(module)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += _needs(name, extras.get(name, frozenset()), python)
    return tuple(sorted(found - IN_THE_RUNTIME))


def locked(names: Iterable[str], lock: Path) -> str:
    """Return the lines of a lock, hashes included, that pin these distributions.

    Raises:
        Misconfigured: the lock has none for one of them.
    """
    pins = _pins(lock)
    try:
        return "".join(pins[name] for name in names)
    except KeyError as error:
        raise Misconfigured(
            f"{lock.name} pins no {error.args[0]}: name it in requirements/*.in, then `make lock`."
        ) from None


def _owners(module: str) -> list[str]:
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return []
    names: list[str] = sorted({canonicalize_name(name) for name in _installed().get(top, ())})
    if not names:
        raise Misconfigured(f"No installed package has a module {top}.")
    if len(names) == 1:
        return names
    # A namespace that several distributions share, such as `google`: the one with the longest part of the name counts.
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        owners = [name for name in names if _paths(name) & {f"{stem}.py", f"{stem}/__init__.py"}]
        if owners:
            return owners
    return []


@cache
def _installed() -> dict[str, list[str]]:
    return dict(packages_distributions())


@cache
def _paths(name: str) -> frozenset[str]:
    return frozenset(str(path) for path in distribution(name).files or ())


def _needs(name: str, extras: frozenset[str], python: str) -> list[str]:
    try:
        found: Distribution = distribution(name)
    except PackageNotFoundError:
        return []  # needed on Lambda, not on this machine: the lock decides
    needed: list[str] = []
    for text in found.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or _holds(requirement.marker, extras, python):
            needed.append(canonicalize_name(requirement.name))
    return needed


def _holds(marker: Marker, extras: frozenset[str], python: str) -> bool:
    on_lambda = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    return any(marker.evaluate({**on_lambda, "extra": extra}) for extra in {"", *extras})


def _declared_extras(root: Path) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for path in sorted((root / "requirements").glob("*.in")):
        for line in path.read_text().splitlines():
            text = line.partition("#")[0].strip()
            if text and not text.startswith("-"):
                requirement = Requirement(text)
                name = canonicalize_name(requirement.name)
                found[name] = found.get(name, frozenset()) | frozenset(requirement.extras)
    return found


@cache
def _pins(lock: Path) -> dict[str, str]:
    pins: dict[str, str] = {}
    for entry in re.findall(r"^[\w.-]+==.*(?:\n[ \t]+.*)*\n", lock.read_text(), re.MULTILINE):
        pins[canonicalize_name(entry.partition("==")[0])] = entry
    return pins
