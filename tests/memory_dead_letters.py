"""Dead letters in memory."""

from collections.abc import Sequence

from domain.operations.ports import DeadLetter, QueueState


class MemoryDeadLetters:
    """Implements `DeadLetters` for three queues."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, DeadLetter]] = {"provision": {}, "quarantine": {}, "spill": {}}
        self.sent_again: list[str] = []

    def put(self, queue: str, letter_id: str, body: str) -> None:
        self.kept[queue][letter_id] = DeadLetter(letter_id, 1_795_420_800_000_000_000, body)

    def queues(self) -> list[QueueState]:
        return [QueueState(name, 0, len(letters)) for name, letters in self.kept.items()]

    def letters(self, queue: str, limit: int) -> list[DeadLetter]:
        return list(self.kept[queue].values())[:limit]

    def find(self, queue: str, letter_id: str) -> DeadLetter | None:
        return self.kept[queue].get(letter_id)

    def send_again(self, queue: str, letter_ids: Sequence[str] | None, limit: int) -> int:
        chosen = [each for each in (letter_ids or list(self.kept[queue])) if each in self.kept[queue]][:limit]
        for each in chosen:
            del self.kept[queue][each]
        self.sent_again += chosen
        return len(chosen)
