"""Ports of one process that another calls, over a pipe between them."""

import os
import pickle
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, NoReturn


class Call(NamedTuple):
    """What a process asks of the one that has the ports: to call a method of one of them."""

    port: str
    method: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]


class Done(NamedTuple):
    """What became of a call: what it returned, or what it raised."""

    result: Any
    error: Exception | None


class FarPort:
    """Stands for a port of the process at the other end; each of its methods is a call there, and so is it."""

    def __init__(self, other_end: Connection, port: str) -> None:
        self._other_end = other_end
        self._port = port

    def __getattr__(self, method: str) -> Any:
        return lambda *arguments, **named: self._call(method, arguments, named)

    def __call__(self) -> Any:
        return self._call("__call__", (), {})

    def _call(self, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        try:
            self._other_end.send(Call(self._port, method, arguments, named))
            done: Done = self._other_end.recv()
        except (EOFError, OSError):
            end()
        if done.error is not None:
            raise done.error
        return done.result


def done(call: Call, ports: object) -> Done:
    """Do what the other process asks for, on the attribute of `ports` that has the port's name."""
    port: Any = getattr(ports, call.port)
    try:
        return Done(getattr(port, call.method)(*call.arguments, **call.named), None)
    except Exception as error:  # noqa: BLE001 - the caller decides what it means
        return Done(None, _portable(error))


def _portable(error: Exception) -> Exception:
    """Return an error that can be read at the other end, which would end where it can't: this one if it can."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - any, by what the error's class is like
        return RuntimeError(f"{type(error).__name__} of a port")
    return error


def end() -> NoReturn:
    """End at once, with the pipe: nothing here is owed to anyone, and nothing is to be said."""
    os._exit(0)
