"""What a sender's own ids become."""

from typing import Any

from domain.validation.json_text import NumberText


def text_of_id(value: Any) -> Any:
    """Return a number as its text, as it was written; anything else as it is."""
    if type(value) is NumberText:
        return value.text
    return str(value) if type(value) in {int, float} else value
