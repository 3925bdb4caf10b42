"""What a message of an alert says, in each form; never a value of an event."""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from domain.records.change import time_text

What = Literal["firing", "recovered", "test"]
VERSION = "v1"
_NS = 1_000_000_000
_TITLES: Mapping[str, str] = {"firing": "Alert", "recovered": "Recovered", "test": "Test"}
_MAX_SUBJECT_CHARS = 100  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_NOT_IN_SUBJECT = re.compile(r"[^ -~]+")


class Message(NamedTuple):
    """What is the case, of which alert and environment; a test of a target has neither alert nor environment."""

    id: str
    """The same in every try of one message; without `.`."""
    what: What
    at: int
    """When it came about, Unix seconds."""
    text: str
    organisation_id: str
    alert: Mapping[str, Any] | None = None
    """`id`, `name` and `kind`."""
    environment: Mapping[str, Any] | None = None
    """`id` and `name`."""
    endpoint: Mapping[str, Any] | None = None

    @property
    def title(self) -> str:
        """One line that says what it is about."""
        about = [] if self.alert is None else [self.alert["name"]]
        if self.environment is not None and self.endpoint is not None:
            about.append(f"{self.endpoint['name']} / {self.environment['name']}")
        return f"{_TITLES[self.what]}: {' — '.join(about) or 'alerts of Ingest Endpoints arrive here'}"


def json_body(message: Message) -> bytes:
    """Return the body of a signed webhook."""
    return orjson.dumps(
        {
            "type": f"alert.{message.what}.{VERSION}",
            "timestamp": time_text(message.at * _NS),
            "data": {
                "title": message.title,
                "text": message.text,
                "organisation_id": message.organisation_id,
                "alert": message.alert,
                "environment": message.environment,
                "endpoint": message.endpoint,
            },
        }
    )


def slack_body(message: Message) -> bytes:
    """Return the body that Slack and what imitates it read."""
    # Nothing of it may become a link, a mention or a style: names are made by people, and keys by senders.
    text = f"{message.title}\n{message.text}"
    for char, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, escaped)
    return orjson.dumps({"text": text})  # no further field: Google Chat refuses those that it does not know


def mail_subject(message: Message) -> str:
    """Return a subject as mail takes it: one line of ASCII."""
    subject = _NOT_IN_SUBJECT.sub("?", message.title.replace("—", "-"))
    return subject if len(subject) <= _MAX_SUBJECT_CHARS else subject[: _MAX_SUBJECT_CHARS - 3] + "..."


def mail_text(message: Message) -> str:
    """Return the text of a mail."""
    lines = [message.title, "", message.text, "", f"Time: {time_text(message.at * _NS)}"]
    for name, of in (("Environment", message.environment), ("Alert", message.alert)):
        if of is not None:
            lines.append(f"{name}: {of['id']}")
    return "\n".join(lines) + "\n"
