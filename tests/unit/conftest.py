"""What tests of more than one module ask for."""

import pytest

from domain.validation.fields_in_force import FieldsInForce


@pytest.fixture
def by_type_alone(monkeypatch):
    """Let nothing be parsed to values first, and nothing be validated in full."""

    def refuse(_self, text, *_):
        raise AssertionError(text)

    monkeypatch.setattr(FieldsInForce, "_read_parsed", refuse)
    monkeypatch.setattr(FieldsInForce, "judge", refuse)
