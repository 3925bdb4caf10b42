"""Ports whose calls are counted."""

from collections import Counter
from typing import Any


class Counted:
    """A port whose calls are counted, by their names."""

    def __init__(self, port: Any, calls: Counter[str]) -> None:
        self._port = port
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            self._calls[name] += 1
            answer = found(*arguments, **named)
            if name in {"query", "get_all", "series"}:
                self._calls["items read"] += len(answer)
            return answer

        return call
