"""The mark of a line that may stand in the log twice: a space before it.

Whoever puts a line into a stream without knowing that it is not there already marks it: a second try after an answer
that got lost, what comes out of the spill queue, what a redrive sends. JSON allows the space, so that readers of the
objects see no difference, and whoever delivers from them knows which lines to look at.
"""

from schemas.limits import MAX_RECORD_BYTES

MARK = b" "


def marked(record: bytes) -> bytes:
    """Return newline-terminated lines with a mark before each; as they are if a stream would not take them with it."""
    lines = record.split(b"\n")
    with_marks = b"\n".join([line if not line or line.startswith(MARK) else MARK + line for line in lines])
    return with_marks if len(with_marks) <= MAX_RECORD_BYTES else record
