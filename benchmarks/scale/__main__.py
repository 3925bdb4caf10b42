"""Simulate all days and write `docs/scale.md`: `python -m benchmarks.scale`; with `--page` the page alone."""

import json
import logging
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from benchmarks.scale.day import Day
from benchmarks.scale.document import DAYS, PAGE, days, page
from benchmarks.scale.plan import Plan, reduced
from benchmarks.scale.plan import days as plans


def simulate(plan: Plan) -> dict[str, Any]:
    """Return what a day was like; what its handlers would log is not written."""
    logging.disable(logging.CRITICAL)
    return Day(plan).run().result()


def main() -> None:
    """Write what was asked for."""
    if "--page" not in sys.argv:
        wanted = [*plans(), reduced()]
        with ProcessPoolExecutor() as pool:
            results = dict(zip([plan.name for plan in wanted], pool.map(simulate, wanted), strict=True))
        DAYS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), days()), encoding="utf-8")


if __name__ == "__main__":
    main()
