"""The end of a Lambda's life: what is kept in memory is handed over before the process goes.

Lambda sends SIGTERM only to functions of which an extension is registered, so one is: it wants no events, and exists
for this alone. Half a second is left then; the process is killed after that.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping

import orjson

from adapters.aws_http.connection import Connection
from adapters.aws_http.endpoint import Endpoint
from domain.late_log import LateLog

REGISTER_SECONDS = 1.0
EXTENSION_NAME = "flush-at-shutdown"

_NEXT_SECONDS = 20 * 24 * 60 * 60.0  # no environment lives that long, and a socket can wait no longer

_log = LateLog(__name__)


def flush_at_shutdown(flush: Callable[[], object], variables: Mapping[str, str] = os.environ) -> None:
    """Have `flush` called once when this process is told to end, in a thread of its own; then the process ends.

    Call it while the function is being loaded. Without the Extensions API, as outside of Lambda, only the signal itself
    is awaited; who loads functions in a thread, as some emulators do, has signals of its own, and nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    _await_signal(flush)
    host, _, port = variables.get("AWS_LAMBDA_RUNTIME_API", "").rpartition(":")
    if host and port.isdecimal():
        _register(host, int(port))


def _await_signal(flush: Callable[[], object]) -> None:
    # Python runs its own handlers between two steps of the main thread, which Lambda's runtime may keep in a call of C
    # that waits for the next request. The number of the signal gets into a pipe all the same.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def wait() -> None:
        while signal.SIGTERM not in os.read(reader, 64):
            pass
        try:
            flush()
        except Exception:  # noqa: BLE001 - the edge of the process, which ends either way
            _log.exception("what was kept in memory could not be handed over")
        finally:
            if logging := sys.modules.get("logging"):
                logging.shutdown()
            sys.stdout.flush()
            os._exit(0)

    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    threading.Thread(target=wait, name="flush-at-shutdown", daemon=True).start()


def _register(host: str, port: int) -> None:
    """Register an extension that waits for nothing; where that can't be done, go without."""
    runtime_api = f"{host}:{port}"
    endpoint = Endpoint(host, port, is_secure=False, host_header=runtime_api)
    body = orjson.dumps({"events": []})
    try:
        deadline = time.monotonic() + REGISTER_SECONDS
        connection = Connection(endpoint, deadline)
        head = _head("POST", "register", runtime_api, {"Lambda-Extension-Name": EXTENSION_NAME}, len(body))
        answer = connection.exchange(head, body, deadline)
    except OSError:
        return
    identifier = answer.headers.get(b"lambda-extension-identifier", b"").decode("latin-1")
    if answer.status != 200 or not identifier:
        connection.close()
        return

    def wait() -> None:
        # Lambda takes a function for loaded once each of its extensions asks for the next event; this never ends.
        head = _head("GET", "event/next", runtime_api, {"Lambda-Extension-Identifier": identifier}, 0)
        try:
            Connection(endpoint, time.monotonic() + REGISTER_SECONDS).exchange(
                head, b"", time.monotonic() + _NEXT_SECONDS
            )
        except OSError as error:
            _log.warning("the extension that awaits the end is gone: %s", type(error).__name__)

    connection.close()
    threading.Thread(target=wait, name="extension", daemon=True).start()


def _head(method: str, path: str, host: str, headers: Mapping[str, str], length: int) -> bytes:
    # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    lines = [f"{method} /2020-01-01/extension/{path} HTTP/1.1", f"Host: {host}", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
