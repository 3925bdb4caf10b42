"""The state folder: one process at a time, and secrets that only its owner reads."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from domain.errors import Misconfigured

TOKEN_FILE = "admin-token"  # noqa: S105 - a file's name
DEPLOYMENT_SECRET_FILE = "deployment-secret"  # noqa: S105 - a file's name


@contextmanager
def locked_state(state_dir: Path) -> Iterator[Path]:
    """Make the folder if it is missing, close it to others and hold it for this process alone; gives its absolute path.

    The lock is the kernel's: it goes with the process, however that ends.

    Raises:
        Misconfigured: the folder can't be written, or another run holds it.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(PermissionError):  # another user's folder, which this one may write
            state_dir.chmod(0o700)
        handle = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        reason = (error.strerror or "it failed").lower()
        raise Misconfigured(f"STATE_DIR {state_dir} can't be written: {reason}. Name another folder.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(handle, 32).decode("ascii", "replace").strip()
            raise Misconfigured(
                f"Another local run (process {holder or 'unknown'}) holds {state_dir}. Stop it, or set STATE_DIR."
            ) from error
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield state_dir.resolve()
    finally:
        os.close(handle)


def admin_token(state_dir: Path) -> str:
    """Return the token of the state folder; made at the first call."""
    return _secret(state_dir / TOKEN_FILE, lambda: f"iet_{secrets.token_urlsafe(32)}")


def deployment_secret(state_dir: Path) -> bytes:
    """Return the secret that organisations' keys derive from, 32 bytes; made at the first call."""
    return bytes.fromhex(_secret(state_dir / DEPLOYMENT_SECRET_FILE, lambda: secrets.token_hex(32)))


def stored_admin_token(state_dir: Path) -> str | None:
    """Return the token that a run on this folder made, if there is one and it can be read."""
    try:
        return (state_dir / TOKEN_FILE).read_text("ascii").strip() or None
    except OSError:
        return None


def _secret(path: Path, make: Callable[[], str]) -> str:
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        text = make()
    # Written aside and moved: a crash leaves no half of a secret behind.
    aside = path.with_suffix(".new")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    return text
