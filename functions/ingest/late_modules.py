"""Modules that others import but hardly use: they are loaded when something of them is."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


def load_late(name: str, *, lasting: Mapping[str, Any] | None = None, **known: Any) -> None:
    """Have a module of the standard library loaded by the first use of what is in it, if it is not loaded yet.

    Args:
        name: the module's.
        lasting: what may be used without loading it, and takes the place of what it has by that name.
        known: what may be used without loading it, by its name there.
    """
    if name not in sys.modules:
        module = sys.modules[name] = _Late(name)
        vars(module).update(known, **(lasting or {}), _lasting=lasting or {})


@contextmanager
def left_out(name: str, **known: Any) -> Iterator[None]:
    """Have imports get a module with what is known alone, for as long as this lasts; not where it is loaded already."""
    if name in sys.modules:
        yield
        return
    module = sys.modules[name] = ModuleType(name)
    vars(module).update(known)
    try:
        yield
    finally:
        del sys.modules[name]


class _Late(ModuleType):
    """Stands for a module: where it was imported it stays, and has all that is in the real one."""

    _lasting: Mapping[str, Any]

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # what importing looks at, and a stranger that looks at all modules
            raise AttributeError(attribute)
        name = self.__name__
        if sys.modules.get(name) is not self:
            return getattr(import_module(name), attribute)
        del sys.modules[name]
        module = import_module(name)
        vars(module).update(self._lasting)
        return getattr(module, attribute)
