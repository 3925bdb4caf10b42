"""A log whose machinery is loaded by its first line: most processes that answer requests never write one."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging


class LateLog:
    """The logger of a name, of the standard library's `logging`; safe to use from several threads."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def warning(self, message: str, *values: object) -> None:
        self._logger().warning(message, *values, stacklevel=2)

    def error(self, message: str, *values: object) -> None:
        self._logger().error(message, *values, stacklevel=2)

    def exception(self, message: str, *values: object) -> None:
        """Write an error with the traceback of the exception that is being handled."""
        self._logger().error(message, *values, exc_info=True, stacklevel=2)

    def _logger(self) -> "logging.Logger":
        import logging  # noqa: PLC0415 - with what it imports, 4 ms of a cold start

        return logging.getLogger(self._name)
