import pytest

from domain.language.data_maps import check_data_maps, data_maps_to_json
from domain.language.templates import template_data_maps
from schemas.models.endpoint import TemplateName


@pytest.mark.parametrize("name", TemplateName.__args__)
def test_a_template_is_sound_and_stands_as_it_is_stored(name):
    data_maps = template_data_maps(name)
    assert data_maps_to_json(check_data_maps(data_maps)) == data_maps


def test_error_tracking_is_user_tracking_and_what_errors_have():
    tracking = template_data_maps("user_tracking")
    errors = template_data_maps("error_tracking")
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
    assert {item["presence"] for item in template_data_maps("user_tracking")} == {"macro"}
