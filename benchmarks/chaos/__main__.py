"""`python -m benchmarks.chaos [--events 100000] [--seed 1]`; ends with 1 if a promise was broken."""

import argparse
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from benchmarks.chaos.account import report
from benchmarks.chaos.run import run
from tests.postgres_server import binaries, running_server


def main() -> None:
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, nullcontext() if binaries() is None else running_server() as server:
        if server is None:
            print("Without PostgreSQL, which this machine does not have; `make postgres` installs it.")
        account = run(Path(folder), options.events, seed=options.seed, server=server)
    print(report(account))
    sys.exit(not account.holds)


if __name__ == "__main__":
    main()
