"""Our modules out of one file, which a bundle has: finding, opening and reading one for each is a tenth of a start.

Where there is none, as in a checkout, and where another Python made it, modules come out of their own files as ever.
"""

import marshal
import sys
from collections.abc import Sequence
from importlib._bootstrap_external import MAGIC_NUMBER  # as in `importlib.util`, which takes longer to load
from importlib.machinery import ModuleSpec
from types import ModuleType

Joined = dict[str, tuple[str, bytes]]
"""Of each module its path, relative to the bundle, and its compiled code."""

_HERE = "functions/ingest"


def joined_file(cache_tag: str) -> str:
    """Return where a bundle has the file for a Python such as `cpython-314`, relative to the bundle."""
    return f"{_HERE}/modules.{cache_tag}.bin"


def write_joined(modules: Joined, magic_number: bytes) -> bytes:
    """Return what is in the file of modules that were compiled by a Python with this magic number."""
    return magic_number + marshal.dumps(modules, 2)  # which every version reads


def read_joined(content: bytes) -> Joined:
    """Return the modules of a file; none, if this Python can't run them."""
    if not content.startswith(MAGIC_NUMBER):
        return {}
    modules: Joined = marshal.loads(memoryview(content)[len(MAGIC_NUMBER) :])  # noqa: S302 - a part of the bundle
    return modules


def use_joined_modules() -> None:
    """Have modules imported from the file of this bundle and this Python from now on, if there is one."""
    root, _, _ = __file__.rpartition(f"/{_HERE}/")
    try:
        with open(f"{root}/{joined_file(str(sys.implementation.cache_tag))}", "rb") as file:  # noqa: PTH123 - as above
            modules = read_joined(file.read())
    except OSError:
        return
    sys.meta_path.insert(0, _JoinedModules(root, modules))


class _JoinedModules:
    """Finds and loads modules for Python's import, each once."""

    def __init__(self, root: str, modules: Joined) -> None:
        self._root = root
        self._modules = modules

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        found = self._modules.get(name)
        if found is None:
            return None
        path = f"{self._root}/{found[0]}"
        folder, is_package, _ = path.rpartition("/__init__.py")
        spec = ModuleSpec(name, self, origin=path, is_package=bool(is_package))  # type: ignore[arg-type] # no base is needed
        if is_package:
            spec.submodule_search_locations = [folder]
        return spec

    def create_module(self, _spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        path, code = self._modules.pop(module.__name__)
        module.__file__ = f"{self._root}/{path}"
        exec(marshal.loads(code), vars(module))  # noqa: S102, S302 - a part of the bundle
