"""Which of our modules an entry point runs, and which packages those ask for, read from the source without running it.

Imports inside of functions count, since a connector's client is imported when it is asked for; those that only a type
checker sees do not. Where a module is imported by a name that is made at run time, every module that it may be counts.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OURS = ("schemas", "domain", "adapters", "connectors", "functions")
"""What a bundle may hold of this project; `infra`, `local` and the tests never ship."""


@dataclass(frozen=True, slots=True)
class Closure:
    """All that an entry point imports, directly or not."""

    files: tuple[Path, ...]
    """Of this project, relative to its root, sorted."""
    foreign: frozenset[str]
    """Dotted names of modules that are not ours; some are the standard library's."""
    services: frozenset[str]
    """Names of the AWS services that a boto3 client is made for."""


def closure_of(entry: str, root: Path) -> Closure:
    """Follow the imports of a module of ours, such as `functions.ingest.aws`.

    Raises:
        FileNotFoundError: there is no such module.
    """
    modules = _modules_of(root)
    if entry not in modules:
        raise FileNotFoundError(f"There is no module {entry}.")
    waiting, found = [entry], set[str]()
    foreign, services = set[str](), set[str]()
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        source = _read(modules[module])
        services |= source.services
        for name in source.imports:
            ours = [part for part in _with_parents(name) if part in modules]
            waiting += ours
            if name.endswith("."):
                waiting += [module for module in modules if module.startswith(name)]
            if name.partition(".")[0] not in OURS:
                foreign.add(name)
    return Closure(
        files=tuple(sorted(modules[module].relative_to(root) for module in found)),
        foreign=frozenset(foreign),
        services=frozenset(services),
    )


@dataclass(frozen=True, slots=True)
class _Source:
    imports: frozenset[str]
    services: frozenset[str]


def _modules_of(root: Path) -> dict[str, Path]:
    """Return our modules and packages by their dotted names."""
    modules = {}
    for package in OURS:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


def _read(path: Path) -> _Source:
    return _parsed(path, path.stat().st_mtime_ns)


@cache
def _parsed(path: Path, _changed_at: int) -> _Source:
    reader = _Reader()
    reader.visit(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
    return _Source(frozenset(reader.imports), frozenset(reader.services))


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.services: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.imports |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, "imports are absolute in this project"
        assert node.module is not None
        # What is imported from a package may be a module of its own.
        self.imports |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0] if node.args else None
        if called == "client" and isinstance(first, ast.Constant) and isinstance(first.value, str):
            self.services.add(first.value)
        if called == "import_module" and isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
            self.imports.add(str(first.values[0].value))  # ends with a dot
        self.generic_visit(node)
