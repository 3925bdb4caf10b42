from pathlib import Path

import pytest

from domain.errors import Misconfigured
from local.settings import Settings, settings_from_environment


def test_an_empty_environment_gives_the_documented_defaults():
    assert settings_from_environment({}) == Settings(8000, Path(".local"), None, 2.0, quarantine_days=30)


def test_every_setting_is_read():
    settings = settings_from_environment(
        {
            "PORT": "9",
            "STATE_DIR": "/x",
            "ADMIN_TOKEN": "iet_0123456789abcdef",
            "BUFFER_SECONDS": "0.2",
            "QUARANTINE_DAYS": "7",
            "DOMAIN_PROOF": "dns",
            "TAPS": "all",
            "WORKERS": "3",
        },
        cores=2,
    )
    assert settings == Settings(
        9, Path("/x"), "iet_0123456789abcdef", 0.2, quarantine_days=7, domain_proof=True, taps_all=True, workers=3
    )
    assert settings_from_environment({"DOMAIN_PROOF": "off"}) == Settings()


def test_there_is_a_worker_for_each_core_up_to_eight():
    assert [settings_from_environment({}, cores).workers for cores in (1, 2, 96)] == [1, 2, 8]


def test_an_empty_value_counts_as_unset():
    empty = dict.fromkeys(
        ("PORT", "STATE_DIR", "ADMIN_TOKEN", "BUFFER_SECONDS", "QUARANTINE_DAYS", "DOMAIN_PROOF", "TAPS", "WORKERS"), ""
    )
    assert settings_from_environment(empty) == Settings()


def test_any_token_that_a_header_can_hold_may_be_given():
    for token in ("t", "secret", "iet_" + "x" * 196):
        assert settings_from_environment({"ADMIN_TOKEN": token}).admin_token == token


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "http"),
        ("PORT", "80.5"),
        ("PORT", "\N{ARABIC-INDIC DIGIT EIGHT}"),
        ("ADMIN_TOKEN", "iet_0123456789abcdef "),
        ("ADMIN_TOKEN", "two words"),
        ("ADMIN_TOKEN", "schlüssel"),
        ("ADMIN_TOKEN", "x" * 201),
        ("BUFFER_SECONDS", "soon"),
        ("BUFFER_SECONDS", "-1"),
        ("BUFFER_SECONDS", "901"),
        ("BUFFER_SECONDS", "nan"),
        ("QUARANTINE_DAYS", "0"),
        ("QUARANTINE_DAYS", "3651"),
        ("QUARANTINE_DAYS", "1.5"),
        ("DOMAIN_PROOF", "on"),
        ("TAPS", "some"),
        ("WORKERS", "0"),
        ("WORKERS", "65"),
        ("WORKERS", "two"),
    ],
)
def test_a_value_that_can_not_work_is_refused_by_name_and_never_repeated(name, value):
    with pytest.raises(Misconfigured) as refused:
        settings_from_environment({name: value})
    message = str(refused.value)
    assert message.startswith(f"{name} must be ")
    assert value not in message.removeprefix(name) or value in {"0", "-1"}
