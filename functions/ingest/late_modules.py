"""Modules that others import but hardly use: they are loaded when something of them is."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def load_late(name: str, **known: Any) -> None:
    """Have a module of the standard library loaded by the first use of what is in it, if it is not loaded yet.

    Args:
        name: the module's.
        known: what may be used without loading it, by its name there.
    """
    if name not in sys.modules:
        module = sys.modules[name] = _Late(name)
        vars(module).update(known)


class _Late(ModuleType):
    """Stands for a module: where it was imported it stays, and has all that is in the real one."""

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # what importing looks at, and a stranger that looks at all modules
            raise AttributeError(attribute)
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        return getattr(import_module(name), attribute)
