"""Names of types: from keys of the event, ASCII, bounded, each given once."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import count

from domain.language.field_keys import spelled_key

EVENT, COMMON, OTHER = "Event", "CommonEvent", "OtherEvent"
MAX_NAME_CHARS = 64


class Names:
    """The names of one file; the three that code relies on are taken from the start."""

    def __init__(self) -> None:
        self._taken = {EVENT, COMMON, OTHER}
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(2))

    def claim(self, wanted: str, suffix: str = "") -> str:
        """Return a name that no other type has: what was wanted, cut, with a number where that is taken."""
        name = base = wanted[: MAX_NAME_CHARS - len(suffix)] + suffix
        while name in self._taken:
            name = f"{base}{next(self._numbers[base])}"
        self._taken.add(name)
        return name


def in_words(text: str) -> str:
    """Return a text as part of a name: `Order Completed` and `order_completed` become `OrderCompleted`."""
    words = "".join(word[:1].upper() + word[1:] for word in spelled_key(text).split("_"))
    return f"_{words}" if words[:1].isdigit() else words
