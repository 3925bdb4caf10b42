"""Unknown keys in memory: what the handlers need of it, in the plainest way."""

from collections.abc import Callable

from domain.items import Conflict


class MemoryUnknownKeys:
    """Implements `domain.metering.unknown_keys.Stored`; what is in `before_put` happens before the next put."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, bytes]] = {}
        self.before_put: list[Callable[[], object]] = []

    def get(self, environment_id: str) -> tuple[int, bytes]:
        return self.kept.get(environment_id, (0, b""))

    def put(self, environment_id: str, version: int, kept: bytes, expires_at: int) -> None:
        while self.before_put:
            self.before_put.pop()()
        if self.get(environment_id)[0] != version:
            raise Conflict([0])
        self.kept[environment_id] = (version + 1, kept)
