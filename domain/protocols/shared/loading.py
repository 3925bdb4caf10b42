"""Imports a protocol's file at its first request."""

from functools import cache
from importlib import import_module
from typing import cast

from domain.protocols.shared.shape import Protocol


@cache
def protocol_named(name: str) -> Protocol:
    """Return the `PROTOCOL` of the file of this name, one of those in `routes.py`."""
    return cast("Protocol", import_module(f"domain.protocols.{name}").PROTOCOL)
