"""What a request to `/v1` waits beside others that compute: the slowest `GET /v1/me` while each of them runs.

The run is a local one, with every part of it in one process. Half of the table is refused at its budget.
"""

import json
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.local_run import LocalRun

GOAL_SECONDS = 0.2
AT_ONCE = 2
MOST_SECONDS = 60.0
QUIET_SECONDS = 2.0

Answer = tuple[int, dict[str, Any]]
Ask = Callable[..., Answer]


class Row(NamedTuple):
    """What one request cost, and what others waited beside it."""

    name: str
    status: int
    seconds: float
    asked: int
    median_seconds: float
    slowest_seconds: float


class Deployment:
    """A local run with an endpoint and one draft; a connection for each thread."""

    def __init__(self, run: LocalRun) -> None:
        self._run = run
        self._local = threading.local()
        _, endpoint = self.ask("POST", "/v1/endpoints", {"name": "Waiting"})
        self._endpoint_id = endpoint["id"]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Return status and document of an answer."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = HTTPConnection("127.0.0.1", self._run.port, timeout=MOST_SECONDS)
        text = None if body is None else json.dumps(body, separators=(",", ":"))
        sent = {"Authorization": f"Bearer {self._run.token}", "Content-Type": "application/json", **headers}
        connection.request(method, path, text, sent)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")

    def draft(self, *fields: Any) -> str:
        """Return the path of a new draft that holds the fields."""
        _, made = self.ask("POST", f"/v1/endpoints/{self._endpoint_id}/revisions", {})
        path = f"/v1/revisions/{made['id']}"
        status, document = self.put(path, *fields)
        if status != 200:
            raise RuntimeError(f"the fields can't be saved: {document['message']}")
        return path

    def put(self, path: str, *fields: Any) -> Answer:
        return self.ask("PUT", f"{path}/fields", {"fields": fields}, **{"If-Match": "*"})

    def post(self, **source: Any) -> Answer:
        return self.ask("POST", f"/v1/endpoints/{self._endpoint_id}/revisions", source)


def string(number: int, rules: list[Any], **fields: Any) -> dict[str, Any]:
    return {"key": f"k{number}", "type": "STRING", "presence": "optional", "rules": rules, **fields}


def patterns(*texts: str) -> list[dict[str, str]]:
    return [{"rule": "regex", "value": text} for text in texts]


def dear_requests(deployment: Deployment) -> Iterator[tuple[str, Callable[[], Answer]]]:
    """Yield names and requests that compute for as long as they may."""
    values = [f"v{number}" for number in range(300_000)]
    yield (
        "enum of 300,000",
        lambda: deployment.post(json_schema={"properties": {"a": {"enum": values}, "b": {"type": "string"}}}),
    )
    referred = {
        "$defs": {"e": {"enum": values[:50_000]}},
        "properties": {f"k{n}": {"$ref": "#/$defs/e"} for n in range(750)},
    }
    yield "750 references to one enum", lambda: deployment.post(json_schema=referred)
    draft = deployment.draft()
    big = [string(n, patterns(*(rf"\p{{L}}{{0,900}}x{n}y{m}" for m in range(16)))) for n in range(100)]
    yield "1,600 patterns too big", lambda: deployment.put(draft, *big)
    many = [string(n, patterns(*(rf"[a-z]{{0,9}}x{n}y{m}" for m in range(13)))) for n in range(750)]
    yield "9,750 patterns", lambda: deployment.put(draft, *many)
    too_big = {f"k{n}": {"type": "string", "pattern": rf"^\p{{L}}{{0,900}}x{n}$"} for n in range(400)}
    yield "import of 400 patterns too big", lambda: deployment.post(json_schema={"properties": too_big})
    searched = [string(n, patterns(*(f"(?:[a-{x}]{{1,9}}-?){{1,8}}k{n}?" for x in "hijklmnop"))) for n in range(60)]
    example = deployment.draft(*searched)
    yield "example of many patterns", lambda: deployment.ask("GET", f"{example}/example")
    compared = [deployment.draft(*(
        string(n, [*patterns(*(f"[0-9]{{1,60}}|x{n}y{m}{end}" for m in range(8))),
                   {"rule": "one_of", "value": [f"{v:0>50}" for v in range(200)]}])
        for n in range(80)
    )) for end in "ab"]  # fmt: skip
    other = compared[1].rpartition("/")[2]
    yield "diff of many patterns", lambda: deployment.ask("GET", f"{compared[0]}/diff/{other}")
    wrong = [string(n, [{"rule": "one_of", "value": [None] * 250}] * 16) for n in range(100)]
    yield "400,000 wrong choices", lambda: deployment.put(draft, *wrong)
    yield "18,000 unknown fields", lambda: deployment.ask("POST", "/v1/tokens", {f"f{n}": 1 for n in range(18_000)})
    events = [{f"key_{m}": {"text": "x" * 20, "number": m} for m in range(60)} for _ in range(1_000)]
    yield "samples of 4.6 MB", lambda: deployment.post(samples=events)
    judged = deployment.draft(*many[:100])
    yield "validate 1,000 events", lambda: deployment.ask("POST", f"{judged}/validate", [{"k1": "abcx1y1"}] * 1_000)


def measure(deployment: Deployment, name: str, request: Callable[[], Answer]) -> Row:
    """Run a request several times at once, and ask who one is until all are answered."""
    answers: list[tuple[int, float]] = []

    def run() -> None:
        begun = perf_counter()
        status, _ = request()
        answers.append((status, perf_counter() - begun))

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    waits = []
    while any(thread.is_alive() for thread in threads) or not waits:
        waits.append(_wait(deployment))
    return Row(name, answers[0][0], max(seconds for _, seconds in answers), len(waits), median(waits), max(waits))


def quiet(deployment: Deployment) -> Row:
    """Ask who one is while nothing else runs."""
    begun, waits = perf_counter(), []
    while perf_counter() < begun + QUIET_SECONDS:
        waits.append(_wait(deployment))
    return Row("nothing", 0, QUIET_SECONDS, len(waits), median(waits), max(waits))


def _wait(deployment: Deployment) -> float:
    begun = perf_counter()
    status, _ = deployment.ask("GET", "/v1/me")
    assert status == 200
    return perf_counter() - begun


def main() -> None:
    """Print a table."""
    print(f"GET /v1/me beside {AT_ONCE} of each request; the goal is {GOAL_SECONDS * 1000:.0f} ms")
    print(f"{'beside':32} {'status':>6} {'took s':>7} {'asked':>6} {'median ms':>10} {'slowest ms':>11}")
    with TemporaryDirectory() as folder, LocalRun(Path(folder) / "state") as run:
        deployment = Deployment(run)
        rows = [quiet(deployment)]
        _show(rows[0])
        for name, request in dear_requests(deployment):
            rows.append(measure(deployment, name, request))
            _show(rows[-1])
    print(f"slowest: {max(row.slowest_seconds for row in rows) * 1000:.0f} ms")


def _show(row: Row) -> None:
    print(
        f"{row.name:32} {row.status:>6} {row.seconds:>7.1f} {row.asked:>6} {row.median_seconds * 1000:>10.1f} "
        f"{row.slowest_seconds * 1000:>11.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
