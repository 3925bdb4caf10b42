"""A client of moto through which the calls of many threads go one after the other: moto itself is not made for more."""

import threading


class OneAtATime:
    """Stands for a client of the SDK."""

    def __init__(self, client) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name):
        operation = getattr(self._client, name)

        def call(*args, **request):
            with self._lock:
                return operation(*args, **request)

        return call
