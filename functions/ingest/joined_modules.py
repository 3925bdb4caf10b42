"""Our modules out of one file, which a bundle has: finding, opening and reading one for each is a tenth of a start.

Where there is none, as in a checkout, and where another Python made it, modules come out of their own files as ever.
"""

import marshal
import sys
from collections.abc import Mapping, Sequence
from importlib._bootstrap_external import MAGIC_NUMBER  # as in `importlib.util`, which takes longer to load
from importlib.machinery import ModuleSpec
from mmap import ACCESS_READ, mmap
from types import ModuleType

Modules = dict[str, tuple[str, memoryview]]
"""Of each module its path, relative to the bundle, and its compiled code."""

_HERE = "functions/ingest"
_MAGIC_BYTES, _LENGTH_BYTES = len(MAGIC_NUMBER), 4


def joined_file(cache_tag: str) -> str:
    """Return where a bundle has the file for a Python such as `cpython-314`, relative to the bundle."""
    return f"{_HERE}/modules.{cache_tag}.bin"


def write_joined(modules: Mapping[str, tuple[str, bytes]], magic_number: bytes) -> bytes:
    """Return what is in the file of modules that were compiled by a Python with this magic number.

    After that number come the length of a table, the table, and the code of one module after the other. The table says
    the name and the path of each, and how much code it has.
    """
    table = [(name, path, len(code)) for name, (path, code) in modules.items()]
    written = marshal.dumps(table, 2)  # which every version reads
    length = len(written).to_bytes(_LENGTH_BYTES, "little")
    return b"".join([magic_number, length, written, *(code for _, code in modules.values())])


def read_joined(content: bytes | mmap) -> Modules:
    """Return the modules of a file; none, if this Python can't run them."""
    if content[:_MAGIC_BYTES] != MAGIC_NUMBER:
        return {}
    view = memoryview(content)
    start = _MAGIC_BYTES + _LENGTH_BYTES
    end = start + int.from_bytes(view[_MAGIC_BYTES:start], "little")
    modules: Modules = {}
    for name, path, length in marshal.loads(view[start:end]):  # noqa: S302 - a part of the bundle
        start, end = end, end + length
        modules[name] = path, view[start:end]
    return modules


def use_joined_modules() -> None:
    """Have modules imported from the file of this bundle and this Python from now on, if there is one."""
    root, _, _ = __file__.rpartition(f"/{_HERE}/")
    try:
        with open(f"{root}/{joined_file(str(sys.implementation.cache_tag))}", "rb") as file:  # noqa: PTH123 - as above
            # Mapped, so that nothing is read of modules that are not imported.
            modules = read_joined(mmap(file.fileno(), 0, access=ACCESS_READ))
    except OSError:
        return
    sys.meta_path.insert(0, _JoinedModules(root, modules))


class _JoinedModules:
    """Finds and loads modules for Python's import, each once."""

    def __init__(self, root: str, modules: Modules) -> None:
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
