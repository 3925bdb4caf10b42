"""An environment's webhooks: what is stored of them, and which secrets of theirs are kept elsewhere.

In the environment's item stands of each how many secrets it has and since when. The secrets are kept together; see
`domain.hook_secrets`.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.errors import FaultyRequest, Rejected
from domain.hook_secrets import keys_of_text, text_of_keys
from domain.records.change import Catalog, Resource, time_text
from schemas.codes import Problem

STANDARD_PREFIX = "whsec_"
MIN_STANDARD_BYTES, MAX_STANDARD_BYTES = 16, 128


@dataclass(frozen=True, slots=True)
class HookPlan:
    """Webhooks that are about to be saved."""

    rows: list[Resource]
    """As they stand in the environment's item."""
    based_on: str | None
    """The name of the secrets that were in force when this was planned."""
    text: str | None = field(repr=False)
    """To be kept under a new name; None where there is nothing new to keep."""
    keeps: bool = False
    """Whether the secrets `based_on` stay in force."""


def plan_webhooks(
    catalog: Catalog, written: Sequence[Mapping[str, Any]], environment: Mapping[str, Any] | None
) -> HookPlan:
    """Return what is to be stored for all webhooks of an environment.

    Args:
        catalog: where the secrets are that are in force.
        written: as the API takes them; one that was there and is written without secrets keeps its own.
        environment: the item's data as it is, None for a new one.

    Raises:
        Rejected: (invalid_request) a secret is missing, is none of its scheme, or belongs to a scheme that has none.
    """
    before = {row["name"]: row for row in (environment or {}).get("webhooks", ())}
    based_on = (environment or {}).get("hook_secrets")
    held = _held(catalog, based_on)
    now = time_text(catalog.clock())
    rows: list[Resource] = []
    keys: dict[str, list[bytes]] = {}
    errors: list[dict[str, str]] = []
    for index, hook in enumerate(written):
        name, scheme, secrets = hook["name"], hook["scheme"], hook.get("secrets")
        keeps_newest = hook.get("keep_newest", False)
        old, changed_at, faults = before.get(name), None, []
        in_force = held.get(name, []) if old is not None and old["scheme"] == scheme else []
        if any(row["name"] == name for row in rows):
            faults = [_fault("/name", "duplicate", "Another webhook of this environment has this name.")]
        elif scheme == "none":
            if secrets or keeps_newest:
                pointer = "/secrets" if secrets else "/keep_newest"
                faults = [_fault(pointer, "conflict", "The scheme `none` has no secrets.")]
        elif secrets:
            keys[name], faults = _keys(scheme, secrets)
            if keeps_newest and not faults:
                faults = _faults_of_keeping(keys[name], in_force)
                keys[name] += in_force[:1]
            changed_at = now
        elif old is not None and in_force:
            keys[name] = in_force[:1] if keeps_newest else in_force
            changed_at = old["secrets_changed_at"]
        else:
            faults = [_fault("/secrets", "required", _missing(old, scheme))]
        errors += [{**fault, "pointer": f"/webhooks/{index}{fault['pointer']}"} for fault in faults]
        secrets_set = len(keys.get(name, ()))
        rows.append({"name": name, "scheme": scheme, "secrets_set": secrets_set, "secrets_changed_at": changed_at})
    if errors:
        raise FaultyRequest(errors)
    if based_on is not None and keys == held:
        return HookPlan(rows, based_on, None, keeps=True)
    return HookPlan(rows, based_on, text_of_keys(keys) if keys else None)


def planned_fields(environment: Mapping[str, Any], plan: HookPlan, secret: str | None) -> Resource:
    """Return the fields of an environment's item for what was planned and, under the name `secret`, kept.

    Raises:
        Rejected: (conflict) others have changed the secrets meanwhile.
    """
    if environment.get("hook_secrets") != plan.based_on:
        raise Rejected(
            Problem.CONFLICT, "Others have changed the secrets of these webhooks; look at them, then try again."
        )
    return {"webhooks": plan.rows, "hook_secrets": plan.based_on if plan.keeps else secret}


def show_webhooks(environment: Mapping[str, Any], address: str) -> list[Resource]:
    """Return the webhooks of an environment's item as the API shows them; `address` is the environment's."""
    return [{**row, "address": f"{address}/hooks/{row['name']}"} for row in environment.get("webhooks", ())]


def _held(catalog: Catalog, name: str | None) -> dict[str, list[bytes]]:
    """Return the keys that are in force; none where they were removed by hand, so that they can be given anew."""
    text = None if name is None else catalog.secrets.get(name)
    return {} if text is None else keys_of_text(text)


def _keys(scheme: str, secrets: Sequence[str]) -> tuple[list[bytes], list[dict[str, str]]]:
    """Return what secrets stand for as keys of a signature, and the faults of those that stand for none."""
    if len(set(secrets)) < len(secrets):
        return [], [_fault("/secrets", "duplicate", "Must not hold the same secret twice.")]
    if scheme != "standard":
        return [secret.encode() for secret in secrets], []
    keys, faults = [], []
    for index, secret in enumerate(secrets):
        try:
            key = base64.b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True)
        except binascii.Error:
            key = b""
        if MIN_STANDARD_BYTES <= len(key) <= MAX_STANDARD_BYTES:
            keys.append(key)
        else:
            message = (
                f"Must be `{STANDARD_PREFIX}` and base64 of {MIN_STANDARD_BYTES} to {MAX_STANDARD_BYTES} bytes, "
                "as Standard Webhooks have it."
            )
            faults.append(_fault(f"/secrets/{index}", "webhook_secret", message))
    return keys, faults


def _faults_of_keeping(new: Sequence[bytes], in_force: Sequence[bytes]) -> list[dict[str, str]]:
    """Return why the newest key in force can't stay valid beside new ones."""
    if not in_force:
        return [_fault("/keep_newest", "conflict", "There is no secret of this scheme to keep.")]
    if len(new) > 1:
        return [_fault("/keep_newest", "conflict", "Give one secret: the newest is kept as the second.")]
    if new[0] == in_force[0]:
        return [_fault("/secrets", "duplicate", "This secret is the newest already.")]
    return []


def _missing(old: Mapping[str, Any] | None, scheme: str) -> str:
    if old is not None and old["scheme"] != scheme:
        return "Give the secrets again: they were those of another scheme."
    if old is not None:
        return "Give the secrets again: those that were kept are not there any more."
    return "A new webhook of this scheme needs one secret, or two."


def _fault(pointer: str, code: str, message: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code, "message": message}
