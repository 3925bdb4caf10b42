"""Settings of functions, there and back."""

from dataclasses import dataclass

import pytest

from adapters.function_settings import settings_from_variables, variables_from_settings
from domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Example:
    table_name: str
    buckets: tuple[str, ...] = ()
    seconds: float = 1.5
    tries: int = 3
    is_open: bool = False
    console_url: str | None = None
    stages: tuple[str, ...] | None = None
    most: int | None = None


@pytest.mark.parametrize(
    "settings",
    [
        Example("t"),
        Example("t", ("a", "b"), 0.25, 0, True, "https://console.example", ("x",), 7),
        Example("t", is_open=False, stages=()),
    ],
)
def test_what_the_stacks_write_is_what_a_function_reads(settings):
    variables = variables_from_settings(settings)
    assert all(isinstance(value, str) for value in variables.values())
    assert settings_from_variables(Example, {**variables, "AWS_REGION": "of another"}) == settings


def test_names_are_those_of_environment_variables():
    assert variables_from_settings(Example("t", ("a", "b"), is_open=True)) == {
        "TABLE_NAME": "t",
        "BUCKETS": "a,b",
        "SECONDS": "1.5",
        "TRIES": "3",
        "IS_OPEN": "true",
    }


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, "TABLE_NAME"),
        ({"TABLE_NAME": "t", "TRIES": "many"}, "TRIES"),
        ({"TABLE_NAME": "t", "MOST": "1.5"}, "MOST"),
        ({"TABLE_NAME": "t", "IS_OPEN": "yes-or-no"}, "IS_OPEN"),
    ],
)
def test_what_can_not_be_used_is_named_without_its_value(variables, named):
    with pytest.raises(Misconfigured, match=named) as caught:
        settings_from_variables(Example, variables)
    assert not any(value in str(caught.value) for value in ("many", "yes-or-no", "1.5"))
