"""`pydantic_core`'s validator without the Python around it, loaded when the first one is made.

The package's own import makes some 150 classes for people who write schemas by its help. Plain dicts need none of them,
and they take longer to make than the validator to load. An import of the package afterwards gets the same extension.
"""

import sys
from functools import cache
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = ["make_validator"]

_PACKAGE = "pydantic_core"
_EXTENSION = "pydantic_core._pydantic_core"


def make_validator(schema: dict[str, Any]) -> "SchemaValidator":
    """Return the validator of a schema."""
    return _extension().SchemaValidator(schema)  # type: ignore[no-any-return]


@cache
def _extension() -> Any:
    if _EXTENSION in sys.modules:
        return sys.modules[_EXTENSION]
    package = PathFinder.find_spec(_PACKAGE)
    found = package and PathFinder.find_spec(_EXTENSION, package.submodule_search_locations)
    if not found or not found.loader:  # it is laid out in another way
        from pydantic_core import _pydantic_core  # noqa: PLC0415 - the dear way

        return _pydantic_core
    from importlib.util import module_from_spec  # noqa: PLC0415 - a start without a pattern does without it

    extension = module_from_spec(found)
    found.loader.exec_module(extension)
    sys.modules[_EXTENSION] = extension
    return extension
