"""`python -m benchmarks.chaos [--events 100000] [--seed 1]`; ends with 1 if a promise was broken."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.chaos.account import report
from benchmarks.chaos.run import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        account = run(Path(folder), options.events, seed=options.seed)
    print(report(account))
    sys.exit(not account.holds)


if __name__ == "__main__":
    main()
