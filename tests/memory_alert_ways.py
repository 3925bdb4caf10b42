"""What stands for the receivers of alerts: what was sent to them, and what becomes of it."""

import json
from dataclasses import dataclass
from typing import Any

from domain.alerts.ports import SENT, Outcome
from domain.errors import Undelivered


@dataclass
class Posted:
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class MemoryPoster:
    """Keeps what was posted; `outcomes` says what becomes of the next ones, by a part of the address."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.outcomes: dict[str, Outcome] = {}
        self.on_post: Any = None

    def post(self, url, headers, body):
        if self.on_post is not None:
            self.on_post(url)
        self.posted.append(Posted(url, dict(headers), body))
        return next((outcome for part, outcome in self.outcomes.items() if part in url), SENT)


class MemoryMail:
    """Keeps mail; an address is confirmed once it is in `confirmed`."""

    def __init__(self) -> None:
        self.enrolled: dict[str, str] = {}
        self.asked: list[str] = []
        self.confirmed: set[str] = set()
        self.sent: list[tuple[str, str, str]] = []
        self.unreachable = False
        self.asks_fail = False
        self.before_remove: Any = None

    def _reach(self) -> None:
        if self.unreachable:
            raise Undelivered("The mail service can't be reached.")

    def enrol(self, target_id, address):
        self._reach()
        self.enrolled[target_id] = address
        if self.asks_fail:
            raise Undelivered("The address can't be asked.")
        self.asked.append(address)

    def subscription(self, target_id):
        self._reach()
        return "confirmed" if self.enrolled.get(target_id) in self.confirmed else "pending"

    def remove(self, target_id):
        self._reach()
        if self.before_remove is not None:
            self.before_remove()
        self.enrolled.pop(target_id, None)

    def send(self, target_id, subject, text):
        if self.unreachable:
            return Outcome("failed", "The mail service could not be reached.")
        if target_id not in self.enrolled:
            return Outcome("failed", "The address has not confirmed that it wants these mails, or has ended them.")
        self.sent.append((self.enrolled[target_id], subject, text))
        return SENT
