"""Mail on one machine: written to the log, since nothing there sends any."""

import logging

from domain.alerts.ports import SENT, Outcome, Subscription

_LOGGER = logging.getLogger(__name__)


class LogMail:
    """Implements `Mail`."""

    def enrol(self, target_id: str, address: str) -> None:
        pass

    def subscription(self, target_id: str) -> Subscription:  # noqa: ARG002 - all are the same
        return "log"

    def remove(self, target_id: str) -> None:
        pass

    def send(self, target_id: str, subject: str, text: str) -> Outcome:
        _LOGGER.warning("mail to target %s: %s\n%s", target_id, subject, text)
        return SENT
