"""What a test has a process die of."""


class Killed(BaseException):
    """The process is gone: nothing is cleaned up by what expects exceptions."""
