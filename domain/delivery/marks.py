"""The mark of a line that may stand in the log twice: a space before it, or two.

What puts a line into a stream without knowing whether it is there already marks it: a second try after an answer
that got lost, and what comes out of the spill queue, by one space; what a redrive sends, by two. JSON allows them, so
that readers of the objects see no difference, and a writer that delivers from them knows which lines to look at.

The first line of an event that was sent again has no mark. Of one that was redriven there is no such line, or a note
that tells of it (`domain.delivery.repeats`): every further copy shows what it is.
"""

from schemas.limits import MAX_RECORD_BYTES

MARK = b" "
REDRIVEN = b"  "


def marked(record: bytes, mark: bytes = MARK) -> bytes:
    """Return newline-terminated lines with a mark before each; as they are if a stream would not take them with it."""
    lines = record.split(b"\n")
    with_marks = b"\n".join([line if not line or line.startswith(MARK) else mark + line for line in lines])
    return with_marks if len(with_marks) <= MAX_RECORD_BYTES else record


def unmarked(line: bytes) -> bytes:
    """Return a line without its mark."""
    return line.removeprefix(MARK).removeprefix(MARK)
