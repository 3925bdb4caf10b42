"""The functions of a deployment: a module here for each folder of `functions/`, with its `spec`."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks
from infra.settings.stage import StageSettings

__all__ = ["FUNCTIONS", "functions_of", "spec_of"]

_NOT_FUNCTIONS = {"__init__", "grants", "spec", "stacks"}
FUNCTIONS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in _NOT_FUNCTIONS))


def functions_of(settings: StageSettings) -> tuple[str, ...]:
    """Return the functions that a stage has."""
    return tuple(name for name in FUNCTIONS if name != "lake_writer" or settings.lake)


def spec_of(function: str, stacks: Stacks) -> FunctionSpec:
    """Return what a function needs of a deployment."""
    make: Callable[[Stacks], FunctionSpec] = import_module(f"infra.functions.{function}").spec
    return make(stacks)
