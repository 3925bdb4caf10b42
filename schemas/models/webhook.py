"""Webhooks of an environment as the API takes and shows them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.limits import MAX_HOOK_SECRET_CHARS, MAX_WEBHOOKS, MIN_HOOK_SECRET_CHARS
from schemas.models.declared import Declared, Shown, left_out, not_longer

HOOK_NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"
HOOK_NAME_WORDS = "Must be of 1 to 64 lower-case letters, digits, `_` and `-`, the first a letter or a digit."
SIGNING_TEXT_PATTERN = r"^[!-~]([ -~]*[!-~])?$"
SIGNING_TEXT_WORDS = "Must be of visible ASCII characters, without spaces at either end."

HookName = Annotated[str, StringConstraints(pattern=HOOK_NAME_PATTERN)]
Scheme = Literal["github", "stripe", "shopify", "slack", "standard", "hmac", "none"]
HookSecret = Annotated[
    str,
    StringConstraints(min_length=MIN_HOOK_SECRET_CHARS, max_length=MAX_HOOK_SECRET_CHARS, pattern=SIGNING_TEXT_PATTERN),
]
_NAME = "The last part of its address, `…/hooks/<name>`; no other webhook of the environment has it."
_SCHEME = "How the sender signs; `none`: not at all, so that anyone who knows the address can send."


class Webhook(Declared):
    name: HookName = Field(description=_NAME)
    scheme: Scheme = Field(description=_SCHEME)
    secrets: Annotated[list[HookSecret], Field(min_length=1, max_length=2), not_longer(2)] = Field(
        default_factory=left_out,
        description="One, or two while you replace one; a request signed by any of them is accepted. They are never "
        "shown again. Left out of a webhook that is there, its secrets stay as they are.",
        json_schema_extra={"writeOnly": True},
    )
    keep_newest: bool = Field(
        default=False,
        description="Keep the newest of the secrets that it has: beside the one in `secrets`, or, without `secrets`, "
        "as the only one.",
        json_schema_extra={"writeOnly": True},
    )


Webhooks = Annotated[list[Webhook], Field(max_length=MAX_WEBHOOKS), not_longer(MAX_WEBHOOKS)]


class ShownWebhook(Shown):
    name: str = Field(description=_NAME)
    scheme: Scheme = Field(description=_SCHEME)
    secrets_set: int = Field(ge=0, le=2, description="How many secrets it has.")
    secrets_changed_at: str | None = Field(
        description="When they were last set; null where there are none.", json_schema_extra={"format": "date-time"}
    )
    address: str = Field(description="Where its sender posts.")
