"""What the import of the ingest function costs a cold start, against what such a function usually imports.

`python -m benchmarks.cold_start` starts fresh processes in turns, `.pyc` files present as they are in the bundle, and
prints medians: of the import's time and of its CPU. Ours is `functions.ingest.aws` whole, composed, the system's CA
certificates loaded. The usual is Powertools' HTTP resolver, a pydantic model, and boto3 with two clients, which load
their certificates only with the first call.
"""

import os
import subprocess
import sys
from statistics import median

from adapters.function_settings import variables_from_settings
from functions.ingest.settings import IngestSettings

ROUNDS = 25
GOAL = 0.25

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
    "orjson and pydantic_core": "import orjson, pydantic_core",
    "ssl and certificates": "import ssl; ssl.create_default_context()",
}

_TIMED = """
import time
wall, cpu = time.perf_counter(), time.process_time()
{work}
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def variables() -> dict[str, str]:
    """Return the environment that Lambda would give the function."""
    settings = IngestSettings(
        "catalog", "counters", "https://queue/spill", "https://queue/quarantine", "https://queue/taps", "secret"
    )
    return {
        **os.environ,
        **variables_from_settings(settings),
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }


def seconds(work: str, environment: dict[str, str]) -> tuple[float, float]:
    """Return wall time and CPU of an import in a process of its own."""
    script = _TIMED.format(work=work)
    run = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    wall, cpu = run.stdout.split()
    return float(wall), float(cpu)


def main() -> None:
    environment = variables()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in WORKS}
    for name, work in WORKS.items():
        seconds(work, environment)  # writes what is not compiled yet
        assert times[name] == []
    for _ in range(ROUNDS):
        for name, work in WORKS.items():
            times[name].append(seconds(work, environment))
    walls = {name: median(wall for wall, _ in series) for name, series in times.items()}
    cpus = {name: median(cpu for _, cpu in series) for name, series in times.items()}
    for name in WORKS:
        print(f"{name:25} {walls[name] * 1e3:7.0f} ms   {cpus[name] * 1e3:7.0f} ms CPU", end="")
        print(f"   {walls[name] / walls['usual']:.3f} x   {cpus[name] / cpus['usual']:.3f} x of the usual's CPU")
    print(f"goal: ours at most {GOAL} x the usual")


if __name__ == "__main__":
    main()
