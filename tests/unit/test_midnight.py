"""The hour 24 is none, whichever Python runs: from 3.14 on `fromisoformat` takes it for the first of the next day."""

from datetime import datetime, timedelta

import pytest

from domain.errors import FaultyRequest
from domain.language import scalar_values
from domain.language.scalar_values import Misfit, value_as
from domain.protocols.shared.times import moment_from_rfc3339
from domain.records import moments
from domain.records.moments import milliseconds_from
from schemas.data_types import DataType


class NewerDatetime(datetime):
    @classmethod
    def fromisoformat(cls, text):
        if text[11:19] != "24:00:00":
            return datetime.fromisoformat(text)
        return datetime.fromisoformat(f"{text[:11]}00{text[13:]}") + timedelta(1)


@pytest.fixture(autouse=True)
def newer_python(monkeypatch):
    for module in (moments, scalar_values):
        monkeypatch.setattr(module, "datetime", NewerDatetime, raising=False)


@pytest.mark.parametrize("rest", [".000Z", ".000000+00:00", "Z", "+02:00"])
def test_no_time_of_a_sender_has_the_hour_24(rest):
    assert moment_from_rfc3339(f"2026-11-28T24:00:00{rest}") is None
    assert moment_from_rfc3339(f"2026-11-28T00:00:00{rest}") is not None


def test_no_time_of_a_request_has_the_hour_24():
    with pytest.raises(FaultyRequest):
        milliseconds_from("2026-11-28T24:00:00Z", "/from")


@pytest.mark.parametrize("text", ["2026-11-28 24:00:00", "2026-02-29 00:00:00", "0000-01-01 00:00:00"])
def test_no_default_has_an_hour_or_a_day_that_does_not_exist(text):
    with pytest.raises(Misfit, match="exist"):
        value_as(DataType.DATETIME, text)
