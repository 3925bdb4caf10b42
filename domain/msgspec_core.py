"""`msgspec`'s extension without the Python around it, which takes five times as long to load.

The extension asks for one file of its package, and that for `typing_extensions`, whose names `typing` has by now. It
asks for `decimal` and `uuid`, too, for classes to compare with: where nobody has loaded those before, `encode` refuses
their objects, and none can be decoded. An import of the package afterwards gets the same extension.
"""

import sys
import typing
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msgspec import (
        UNSET,
        DecodeError,
        EncodeError,
        Meta,
        Raw,
        Struct,
        UnsetType,
        ValidationError,
        convert,
        defstruct,
        field,
        to_builtins,
    )
    from msgspec.json import Decoder, Encoder, decode, encode

__all__ = [
    "UNSET",
    "DecodeError",
    "Decoder",
    "EncodeError",
    "Encoder",
    "Meta",
    "Raw",
    "Struct",
    "UnsetType",
    "ValidationError",
    "convert",
    "decode",
    "defstruct",
    "encode",
    "field",
    "to_builtins",
]

_PACKAGE = "msgspec"
_EXTENSION = "msgspec._core"


class _Nothing:
    """Nothing is of this class."""

    unknown = None


class _Reference:
    """Takes what `typing.ForwardRef` takes, which compiles the name: the first that is compiled takes 1 ms."""

    def __init__(self, _name: str, *, is_class: bool) -> None:
        pass


def _extension() -> Any:
    if _EXTENSION in sys.modules:
        return sys.modules[_EXTENSION]
    found = None if _PACKAGE in sys.modules else PathFinder.find_spec(_PACKAGE)
    if not found or not found.submodule_search_locations:
        from msgspec import _core  # noqa: PLC0415 - the dear way

        return _core
    return _without_package(found.submodule_search_locations)


def _without_package(folders: list[str]) -> Any:
    """Import the extension below a package that is not run, and is there for as long as that takes."""
    package, decimal, uuid = ModuleType(_PACKAGE), ModuleType("decimal"), ModuleType("uuid")
    package.__path__ = folders
    vars(decimal)["Decimal"] = vars(uuid)["UUID"] = vars(uuid)["SafeUUID"] = _Nothing
    stand_ins = {_PACKAGE: package, "typing_extensions": None, "decimal": decimal, "uuid": uuid}
    added = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(added)  # type: ignore[arg-type] # None refuses an import
    reference = typing.ForwardRef
    vars(typing)["ForwardRef"] = _Reference
    try:
        return import_module(_EXTENSION)
    finally:
        vars(typing)["ForwardRef"] = reference
        for name in added:
            del sys.modules[name]


if not TYPE_CHECKING:
    _core = _extension()
    UNSET = _core.UNSET
    DecodeError = _core.DecodeError
    Decoder = _core.JSONDecoder
    EncodeError = _core.EncodeError
    Encoder = _core.JSONEncoder
    Meta = _core.Meta
    Raw = _core.Raw
    Struct = _core.Struct
    UnsetType = _core.UnsetType
    ValidationError = _core.ValidationError
    convert = _core.convert
    decode = _core.json_decode
    defstruct = _core.defstruct
    encode = _core.json_encode
    field = _core.Field
    to_builtins = _core.to_builtins
