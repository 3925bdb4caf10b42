"""What a cold start of the ingest function costs, against what such a function usually imports, and its first request.

`python -m benchmarks.cold_start` starts fresh processes in turns and prints medians. Ours is `functions.ingest.aws`
whole, composed, the certificates loaded, from a folder that holds our modules as the bundle does. The usual is
Powertools' HTTP resolver, a pydantic model, and boto3 with two clients, which load their certificates only with the
first call.

What decides is set here, not inherited: byte code is written for all, into a folder of its own, and read once before
anything is measured. Of the environment only what Lambda sets is there: `PYTHONDONTWRITEBYTECODE` would have one side
compiled at each start, `AWS_CA_BUNDLE` would have ours load some 150 certificates.

Then it takes our start apart, one import after the other, and the first request after it, against a stub of AWS in
another process; both by the clock and in CPU.
"""

import json
import os
import platform
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.intake import http_api_event
from benchmarks.request import LAMBDA_VARIABLES, items, stub_of_aws
from benchmarks.samples import SMALL, SMALL_MAPS
from infra.bundles.bundle import Target, bundle_of

ROUNDS = 25
GOAL = 0.15
PACKAGES = ("orjson", "msgspec", "pydantic-core", "pydantic", "aws-lambda-powertools", "boto3")

WORKS = {
    "ours": "import functions.ingest.aws",
    "usual": """
import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic import BaseModel

class Event(BaseModel):
    name: str

app = APIGatewayHttpResolver()
clients = boto3.client("firehose"), boto3.client("dynamodb")
""",
    "orjson": "import orjson",
    "msgspec": "import domain.msgspec_core",
    "the validator": "import domain.validation.core_validator as core; core.make_validator({'type': 'any'})",
    "ssl": "import ssl",
    "AWS's roots": "import adapters.aws_http.trust as trust; trust.Trust(None).prepare()",
    "the system's roots": "import ssl; ssl.create_default_context()",
}

_TIMED = """
import time
wall, cpu = time.perf_counter(), time.process_time()
{work}
print(time.perf_counter() - wall, time.process_time() - cpu)
"""

STEPS = {
    "`typing` with `re`, `enum` and others": """
import collections.abc, contextlib, gc, importlib.machinery, typing
gc.set_threshold(50_000)
""",
    "finding our modules in one file": """
from functions.ingest.joined_modules import use_joined_modules
from functions.ingest.late_modules import left_out, load_late
use_joined_modules()
""",
    "`orjson` with `json` and `datetime`": """
load_late("dataclasses", lasting={"_FIELD": object()})
with left_out("uuid", UUID=type("UUID", (), {})):
    import orjson
""",
    "`ssl`, `socket`, hashes, `threading`, `signal`": "import hmac, signal, socket, ssl, threading",
    "`msgspec`": "import domain.msgspec_core",
    "our modules": "import adapters.lambda_lifecycle, functions.ingest.composing",
    "AWS's five certificates and the settings of TLS": """
from adapters.aws_http.trust import Trust
Trust(None).prepare()
""",
    "composing": "import functions.ingest.aws",
}
"""A start, as `functions.ingest.aws` goes about it."""

_STEPWISE = """
import time
for step in {steps!r}:
    code = compile(step, "step", "exec")
    wall, cpu = time.perf_counter(), time.process_time()
    exec(code)
    print(time.perf_counter() - wall, time.process_time() - cpu)
"""

FIRST_MAPS = [*SMALL_MAPS, {"key": "user", "type": "STRING", "presence": "macro", "macro": "user_hash"}]
"""The small event, with a macro that needs the deployment's secret."""

_FIRST = """
import json, sys, time
from functools import wraps

parts, inner = {}, [[0.0, 0.0]]

def timed(part, work):
    @wraps(work)
    def run(*arguments, **named):
        name = part(*arguments) if callable(part) else part
        wall, cpu = time.perf_counter(), time.process_time()
        inner.append([0.0, 0.0])
        try:
            return work(*arguments, **named)
        finally:
            took = time.perf_counter() - wall, time.process_time() - cpu
            below = inner.pop()
            told = parts.setdefault(name, [0.0, 0.0])
            for clock in (0, 1):
                told[clock] += took[clock] - below[clock]
                inner[-1][clock] += took[clock]
    return run

event = json.loads(sys.stdin.read())
handler = timed("start", lambda: __import__("functions.ingest.aws").ingest.aws.handler)()
from adapters.aws_http import client, connection
from domain.validation.revision import CompiledRevision
connection.Connection.__init__ = timed("TLS", connection.Connection.__init__)
client.JsonClient.call = timed(lambda _, operation, *__: operation, client.JsonClient.call)
CompiledRevision.__init__ = timed("compiling", CompiledRevision.__init__)
answer = timed("the rest", handler)(event, None)
print(json.dumps({"status": answer["statusCode"], "parts": parts}))
"""

PARTS = {
    "start": "the start",
    "TLS": "connecting to each service, by TLS",
    "GetItem": "reading the pointer and the revision",
    "compiling": "compiling the revision",
    "GetSecretValue": "reading the deployment's secret",
    "PutRecordBatch": "the stream",
    "the rest": "all else",
}


class LikeLambda(NamedTuple):
    """What processes start with as on Lambda."""

    folder: Path
    """Of our modules, as in the bundle of ingest."""
    environment: Mapping[str, str]


@contextmanager
def like_lambda(variables: Mapping[str, str]) -> Iterator[LikeLambda]:
    """Give processes a bundle of our modules, these variables, and byte code of their own."""
    with TemporaryDirectory() as byte_code, TemporaryDirectory() as bundle:
        here = Target(f"{sys.version_info.major}.{sys.version_info.minor}", "x86_64")  # packages are those of here
        bundle_of("ingest", here).put_ours(Path(bundle))
        yield LikeLambda(
            Path(bundle),
            {
                "PATH": os.environ["PATH"],
                "PYTHONPYCACHEPREFIX": byte_code,
                **variables,
            },
        )


def printed(script: str, start: LikeLambda, sent: str = "") -> str:
    """Return what a script prints in a process of its own."""
    run = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", script],
        cwd=start.folder,
        env=start.environment,
        input=sent,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def seconds(work: str, start: LikeLambda) -> tuple[float, float]:
    """Return wall time and CPU of an import in a process of its own."""
    wall, cpu = printed(_TIMED.format(work=work), start).split()
    return float(wall), float(cpu)


def compare_imports() -> None:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in WORKS}
    with like_lambda(LAMBDA_VARIABLES) as start:
        for work in WORKS.values():
            seconds(work, start)  # writes the byte code
        for _ in range(ROUNDS):
            for name, work in WORKS.items():
                times[name].append(seconds(work, start))
    walls = {name: median(wall for wall, _ in series) for name, series in times.items()}
    cpus = {name: median(cpu for _, cpu in series) for name, series in times.items()}
    for name in WORKS:
        print(f"{name:20} {walls[name] * 1e3:7.1f} ms   {cpus[name] * 1e3:7.1f} ms CPU", end="")
        print(f"   {walls[name] / walls['usual']:.3f} x   {cpus[name] / cpus['usual']:.3f} x of the usual's CPU")
    print(f"goal: ours at most {GOAL} x the usual")


def take_start_apart() -> None:
    series: dict[str, list[tuple[float, float]]] = {step: [] for step in STEPS}
    with like_lambda(LAMBDA_VARIABLES) as start:
        for number in range(ROUNDS + 1):
            lines = printed(_STEPWISE.format(steps=list(STEPS.values())), start).splitlines()
            if number:  # the first wrote the byte code
                for step, line in zip(STEPS, lines, strict=True):
                    wall, cpu = map(float, line.split())
                    series[step].append((wall, cpu))
    print("a start, step by step:")
    print_medians(series, dict(zip(STEPS, STEPS, strict=True)))


def print_medians(series: Mapping[str, list[tuple[float, float]]], names: Mapping[str, str]) -> None:
    for part, name in names.items():
        wall, cpu = (median(times[clock] for times in series[part]) for clock in (0, 1))
        print(f"{name:50} {wall * 1e3:7.2f} ms   {cpu * 1e3:7.2f} ms CPU")


def take_first_request_apart() -> None:
    event = json.dumps(http_api_event(SMALL.decode()))
    series: dict[str, list[tuple[float, float]]] = {part: [] for part in PARTS}
    with stub_of_aws(items(FIRST_MAPS)) as variables, like_lambda(variables) as start:
        for number in range(ROUNDS + 1):
            found = json.loads(printed(_FIRST, start, event))
            assert found["status"] == 200, found
            assert found["parts"].keys() == PARTS.keys(), found
            if number:  # the first wrote the byte code
                for part, times in found["parts"].items():
                    series[part].append(times)
    print("the first request after a start, by part:")
    print_medians(series, PARTS)


def machine() -> str:
    """Return the processor, and the versions of all that is measured."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    processor = models[0] if models else platform.processor()
    return (
        f"{processor or 'processor unknown'} ({platform.machine()}), Python {platform.python_version()}, "
        f"{ssl.OPENSSL_VERSION}, {packages}"
    )


def main() -> None:
    print(machine())
    compare_imports()
    take_start_apart()
    take_first_request_apart()


if __name__ == "__main__":
    main()
