"""Which characters a name may have: those that a person sees, as a person sees them."""

import unicodedata

NAME_WORDS = (
    "Must hold visible characters only: no control characters, no invisible ones and none that turn the direction of "
    "writing, nor a space at either end."
)

_JOINERS = frozenset("\u200c\u200d")
"""Persian and the scripts of India need them between letters, and emoji between their parts."""
_PRESENTATION = frozenset("\ufe0e\ufe0f")
"""Choose whether the character before them is shown as text or as emoji."""
# Not of a category that says so, and yet nothing is to be seen:
# https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point, and the empty pattern of Braille.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_FURTHER_VARIATION_SELECTORS = range(0xE0100, 0xE01F0)


def is_visible(name: str) -> bool:
    """Say whether a name looks like what it is.

    A joiner may stand between two characters that are not ASCII, and what chooses a presentation after one: there they
    show.
    """
    before = ""
    for place, character in enumerate(name):
        if character in _JOINERS:
            after = name[place + 1 : place + 2]
            if not _is_shaped(before) or not _is_shaped(after):
                return False
        elif character in _PRESENTATION:
            if not _is_shaped(before):
                return False
        elif _is_invisible(character):
            return False
        before = character
    return bool(name.strip())


def has_hidden_characters(text: str) -> bool:
    """Say whether a text of several lines holds what a reader does not see, line ends and tabs aside."""
    plain = text.translate({ord(character): None for character in "\n\r\t"})
    return bool(plain) and not is_visible(f".{plain}.")


def _is_shaped(character: str) -> bool:
    if not character or character.isascii() or character in _JOINERS:
        return False
    return character in _PRESENTATION or not _is_invisible(character)


def _is_invisible(character: str) -> bool:
    if character in _BLANK or unicodedata.category(character) in _INVISIBLE_CATEGORIES:
        return True
    return ord(character) in _VARIATION_SELECTORS or ord(character) in _FURTHER_VARIATION_SELECTORS
