import pytest

from domain.language.fields import check_fields, fields_to_json
from domain.language.templates import template_fields
from schemas.models.endpoint import TemplateName


@pytest.mark.parametrize("name", TemplateName.__args__)
def test_a_template_is_sound_and_stands_as_it_is_stored(name):
    fields = template_fields(name)
    assert fields_to_json(check_fields(fields)) == fields


def test_error_tracking_is_user_tracking_and_what_errors_have():
    tracking = template_fields("user_tracking")
    errors = template_fields("error_tracking")
    assert errors[: len(tracking)] == tracking
    assert [item["key"] for item in errors[len(tracking) :]] == [
        "error_id",
        "error_file",
        "error_message",
        "error_column",
        "error_row",
        "error_trace",
    ]


def test_an_empty_event_fits_user_tracking():
    assert {item["presence"] for item in template_fields("user_tracking")} == {"macro"}
