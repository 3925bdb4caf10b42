"""The kinds of destinations that a deployment has: each made when it is first asked for, and not before.

So a function that may deliver to BigQuery does not load Google's client until it does.
"""

import threading
from collections.abc import Callable, Mapping

from domain.delivery.connectors import Connector, Connectors


def connectors_from(makers: Mapping[str, Callable[[], Connector]]) -> Connectors:
    """Return what finds a connector by type; each maker is called once at most."""
    made: dict[str, Connector] = {}
    lock = threading.Lock()

    def find(kind: str) -> Connector | None:
        if kind not in makers:
            return None
        with lock:
            if kind not in made:
                made[kind] = makers[kind]()
            return made[kind]

    return find
