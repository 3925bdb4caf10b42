"""The process of a lane: ingest as it ships, for one request at a time, as a Lambda has it.

It opens nothing: what the handler reaches beyond a request is a call to the process in front, over the pipe that is its
standard input. Its parent's end is the pipe's end, and then its own.
"""

import logging
import os
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

from local.far_ports import FarPort, end
from local.ingest import IngestPorts, make_keeper, make_local_ingest

NICENESS = 5
"""Small requests, which the front process answers, are served first where both want the processor."""


def work(front: Connection) -> None:
    """Take events and answer them until the pipe ends.

    Raises:
        EOFError, OSError: it has ended.
    """
    # What an event that costs much holds beside its fields is not looked at: a lane has no sample.
    far: list[Any] = [FarPort(front, port) for port in IngestPorts._fields if port != "sample"]
    ports = IngestPorts(*far)
    handler = make_local_ingest(ports, make_keeper(ports.streams, ports.spill, ports.quarantine))
    while True:
        front.send(handler(front.recv(), None))


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):  # the front process finishes what was begun, with its lanes
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICENESS)
    try:
        work(Connection(sys.stdin.fileno()))
    except (EOFError, OSError):
        end()


if __name__ == "__main__":
    main()
