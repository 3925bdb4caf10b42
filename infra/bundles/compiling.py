"""Compiles a bundle for the Python that it runs on.

A function's folder is read-only: without compiled files every cold start compiles anew, for 2 to 3 times the time. The
files are unchecked, since nobody changes a source there, and a check would cost a look at each.
"""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_SCRIPT = """
import compileall, pathlib, py_compile, sys
folder, keeps_sources = sys.argv[1], sys.argv[2] == "keep"
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
compileall.compile_dir(
    folder, maxlevels=40, ddir="/var/task", quiet=2, workers=1, invalidation_mode=mode, legacy=not keeps_sources
)
if not keeps_sources:
    for compiled in pathlib.Path(folder).rglob("*.pyc"):
        compiled.with_suffix(".py").unlink(missing_ok=True)
"""


def compile_tree(folder: Path, python: str, *, keep_sources: bool) -> None:
    """Compile all below `folder`, so that tracebacks name paths as they are on Lambda.

    Without their sources packages take half the space, and half the time to load onto a machine; ours keep them, so
    that a traceback shows its lines. Where this machine has no interpreter of that version, all stays as it is.
    """
    interpreter = interpreter_of(python)
    if interpreter is None:
        return
    # What can't be compiled is no fault of the bundle: packages ship templates and syntax of other versions.
    subprocess.run(  # noqa: S603 - our own arguments
        [interpreter, "-I", "-c", _SCRIPT, str(folder), "keep" if keep_sources else "drop"],
        check=False,
        capture_output=True,
    )


@cache
def interpreter_of(python: str) -> str | None:
    """Return an interpreter of a minor version such as `3.14`, found on PATH, under pyenv, or by uv.

    None if there is none, with a line on standard error that says what follows and how to get one.
    """
    candidates = [sys.executable, shutil.which(f"python{python}") or "", *_from_pyenv(python), _from_uv(python)]
    for candidate in candidates:
        if candidate and _version(candidate) == python:
            return candidate
    sys.stderr.write(
        f"Python {python} was not found, so functions ship as sources: each cold start takes two to three times as "
        f"long. Install it before you deploy, for instance with `.venv/bin/uv python install {python}`, or set "
        "`python` in the stage's settings to one you have.\n"
    )
    return None


def _version(candidate: str) -> str:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(  # noqa: S603 - an interpreter that was found
            [candidate, "-I", "-c", script], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip()


def _from_pyenv(python: str) -> list[str]:
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return []
    done = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False)  # noqa: S603 - found on PATH
    root = Path(done.stdout.strip() or ".")
    return [str(path) for path in sorted(root.glob(f"versions/{python}.*/bin/python"), reverse=True)]


def _from_uv(python: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", "--managed-python", python],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
