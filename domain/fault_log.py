"""How a fault of ours is logged wherever values of events are about: its kind and where it happened.

Its message is left out, since it may quote a value, and so may those of the errors that it came from.
"""


def place_of_fault(error: BaseException) -> str:
    """Return the kind of an unexpected error and the frames that it went through, the innermost last."""
    import traceback  # noqa: PLC0415 - most processes never need it

    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
