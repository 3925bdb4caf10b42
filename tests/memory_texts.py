"""TXT records in memory, which a test can set, or let give no answer."""

from domain.errors import Undelivered


class MemoryTexts:
    """Implements `TextRecords`; `asked` lists every name that was looked for."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.is_silent = False
        self.before_answer = None
        """Runs once, inside the next answer, before it is given."""

    def texts(self, name):
        self.asked.append(name)
        hook, self.before_answer = self.before_answer, None
        if hook:
            hook()
        if self.is_silent:
            raise Undelivered("The DNS of the domain gives no answer.")
        return self.records.get(name.lower(), [])
