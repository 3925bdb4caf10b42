"""CPU time as the reference processor takes it, so that a bound in seconds means the same on every machine.

A processor that is shared, or older, takes several times as long for the same work, and so does what is measured here.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

REFERENCE_SECONDS = 0.027
"""What `_work` takes on an idle core of the machine on which the bounds were set."""


@dataclass(slots=True)
class CpuTime:
    seconds: float = 0.0
    """CPU seconds of the process, on the reference processor; never more than were spent. Set at the end."""


@contextmanager
def cpu_time() -> Iterator[CpuTime]:
    """Measure the CPU time of a block in this process."""
    spent = CpuTime()
    before = _work()
    started = time.process_time()
    yield spent
    seconds = time.process_time() - started
    slowness = (before + _work()) / 2 / REFERENCE_SECONDS
    spent.seconds = seconds / max(1.0, slowness)


def _work() -> float:
    """Return what some work of the kind that is measured takes: texts read and written, many values held at once."""
    started = time.process_time()
    text = json.dumps([[{"k": "v"}, {}, []] for _ in range(8_000)])
    for _ in range(2):
        read = json.loads(text)
        for row in read:
            for key, value in row[0].items():
                row[1][key.upper()] = value[::-1]
        json.dumps(read)
    return time.process_time() - started
