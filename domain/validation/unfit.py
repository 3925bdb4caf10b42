"""What says that an event is not accepted by a first reading."""


class UnfitError(ValueError):
    """An event is not accepted here: it has to be validated in full."""
