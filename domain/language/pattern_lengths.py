"""How short and how long the strings are that match a pattern, as far as its tree tells."""

from math import inf

from domain.language.pattern_tree import Assertion, Characters, Choice, Node, Repeat, UnreadableError, read_pattern

Lengths = tuple[float, float]
"""Code points: no string that matches has fewer than the first or more than the second, which may be infinite."""


def lengths_of(pattern: str) -> Lengths:
    """Return bounds of the length of every string that an accepted pattern matches as a whole."""
    try:
        return _of(read_pattern(pattern))
    except UnreadableError:
        return 0, inf


def _of(node: Node) -> Lengths:
    match node:
        case Characters():
            return 1, 1
        case Assertion():
            return 0, 0
        case Repeat():
            least, most = _of(node.part)
            longest = 0 if 0 in (most, node.most) else most * (inf if node.most is None else node.most)
            return least * node.least, longest
        case Choice():
            options = [_of_sequence(option) for option in node.options]
            return min(least for least, _ in options), max(most for _, most in options)


def _of_sequence(nodes: tuple[Node, ...]) -> Lengths:
    lengths = [_of(node) for node in nodes]
    return sum(least for least, _ in lengths), sum(most for _, most in lengths)
