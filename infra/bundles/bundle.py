"""What one function ships: the modules it runs, the packages those import, both compiled for the Python it runs on.

A bundle's hash is that of what goes into it, not of what comes out: compiled files differ from run to run though they
mean the same. So two synths name the same assets, and a function is deployed again only when something that it
imports has changed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from domain.errors import Misconfigured
from infra.bundles.compiling import compile_tree, interpreter_of
from infra.bundles.imports import Closure, closure_of
from infra.bundles.joining import join_modules
from infra.bundles.packages import distributions_of, locked

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "dev.txt"
RECIPE = 6
"""Counts the changes of how a bundle is made: a new number makes every bundle anew."""

Architecture = Literal["arm64", "x86_64"]
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
_DROPPED = ("*.pyi", "*.pxd", "*.pyx", "*.h", "*.c", "py.typed")
_UNUSED = (
    "pyarrow/*flight*",
    "pyarrow/_substrait.*",
    "pyarrow/_azurefs.*",
    "pyarrow/_gcsfs.*",
    "pyarrow/_hdfs.*",
    "pyarrow/_orc.*",
    "pyarrow/*.pxi",
    "pyarrow/include",
    "pyarrow/tests",
    "pyarrow/libarrow_python*.so.*.*",
    "pyarrow/libarrow_python.so",
)
"""Parts of packages that can be left out, and are large: ways of Arrow to reach other services, copies of its library
under the names that a linker looks for, and tests."""
_UNREAD = {
    "ingest": (
        "pydantic_core/*.py*",
        "msgspec/[!_]*.py*",
        "msgspec/__init__.py*",
        "msgspec/_json_schema.py*",
        "typing_extensions.py*",
        "ua_parser_builtins/matchers.py*",
        "ua_parser_builtins/regexes.py*",
        "publicsuffixlist/test.py*",
    ),
}
"""The Python around extensions that a function loads without it, and further forms of the same rules."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a bundle runs on; `python` is a minor version such as `3.14`."""

    python: str
    architecture: Architecture

    @property
    def recipe(self) -> str:
        """How bundles for it are made on this machine: a part of their hashes."""
        compiled = "compiled" if interpreter_of(self.python) else "sources"
        return f"{RECIPE} {self.python} {self.architecture} {compiled}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The bundle of one folder of `functions/`."""

    function: str
    target: Target
    closure: Closure
    distributions: tuple[str, ...]
    requirements: str
    """Lines of a requirements file, pinned with hashes."""

    @property
    def entry(self) -> str:
        return f"functions.{self.function}.aws"

    @property
    def digest(self) -> str:
        """The hash of all that goes in: 64 hexadecimal digits."""
        parts = [self.target.recipe, self.function, self.requirements]
        parts += sorted(self.closure.services)
        hashed = sha256("\0".join(parts).encode())
        for path in self.closure.files:
            hashed.update(f"\0{path.as_posix()}\0".encode() + sha256((ROOT / path).read_bytes()).digest())
        return hashed.hexdigest()

    def build(self, cache: Path) -> Path:
        """Return the folder that the bundle is in, making it where the cache has none; safe to call at the same time.

        Raises:
            Misconfigured: the packages can't be had.
        """
        return _made_once(cache / f"{self.function}-{self.digest[:32]}", lambda folder: self._fill(folder, cache))

    def put_ours(self, folder: Path) -> None:
        """Put the modules of this project into a folder: all of the bundle but its packages."""
        self._copy_ours(folder)
        compile_tree(folder, self.target.python, keep_sources=True)
        join_modules(folder, self.closure.files, self.target.python)

    def _fill(self, folder: Path, cache: Path) -> None:
        self.put_ours(folder)
        if self.distributions:
            # Most functions share theirs, and compiling them is most of the work.
            what = f"{self.target.recipe}\0{self.requirements}"
            packages = _made_once(cache / f"packages-{sha256(what.encode()).hexdigest()[:32]}", self._install)
            shutil.copytree(packages, folder, copy_function=os.link, dirs_exist_ok=True)
            self._prune_services(folder)
            self._prune_unread(folder)

    def _install(self, folder: Path) -> None:
        listing = folder.parent / "requirements.txt"
        listing.write_text(self.requirements)
        command = [
            sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
            "--only-binary", ":all:", "--no-compile-bytecode", "--link-mode", "copy",
            "--python-version", self.target.python, "--python-platform", _PLATFORMS[self.target.architecture],
            "--target", str(folder), "-r", str(listing),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
        if done.returncode != 0:
            raise Misconfigured(f"The packages of {self.function} could not be had: {done.stderr.strip()[-2000:]}")
        _prune(folder)
        compile_tree(folder, self.target.python, keep_sources=False)

    def _prune_services(self, folder: Path) -> None:
        """Take away the models of AWS services that the function has no client of: 25 MB for all of them."""
        models = folder / "botocore" / "data"
        if models.is_dir():
            for path in models.iterdir():
                if path.is_dir() and path.name not in self.closure.services:
                    shutil.rmtree(path)

    def _prune_unread(self, folder: Path) -> None:
        for pattern in _UNREAD.get(self.function, ()):
            for path in folder.glob(pattern):
                path.unlink()

    def _copy_ours(self, folder: Path) -> None:
        for path in self.closure.files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target)
            for parent in path.parents:
                # A folder without this file would be looked for along the whole path at each import.
                if parent != Path() and not (folder / parent / "__init__.py").exists():
                    shutil.copyfile(ROOT / parent / "__init__.py", folder / parent / "__init__.py")


def _made_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Return `folder`, having filled it if it was not there; whole or not at all, also beside another process."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        fill(made)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # someone else was quicker, otherwise
                raise
    return folder


def _prune(folder: Path) -> None:
    """Take away what no function reads: scripts, stubs, headers, bills of materials."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for pattern in _DROPPED:
        for path in folder.rglob(pattern):
            path.unlink()
    for path in folder.glob("*.dist-info/*"):
        if path.name in {"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "uv_cache.json"}:
            path.unlink()
    for path in folder.glob("*.dist-info/sboms"):
        shutil.rmtree(path)
    (folder / ".lock").unlink(missing_ok=True)
    for pattern in _UNUSED:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def bundle_of(function: str, target: Target) -> Bundle:
    """Read what a function's bundle has to hold; nothing is installed or written."""
    closure = closure_of(f"functions.{function}.aws", ROOT)
    distributions = distributions_of(closure.foreign, ROOT, target.python)
    return Bundle(function, target, closure, distributions, locked(distributions, LOCK))


def cache_folder() -> Path:
    """Return where bundles are kept between synths: `.cache/bundles`, or what INGEST_BUNDLE_CACHE names."""
    return Path(os.environ.get("INGEST_BUNDLE_CACHE") or ROOT / ".cache" / "bundles")
