"""Templates are data that can be saved as it stands, and say of each protocol what its table says."""

import re
from pathlib import Path

import pytest

from domain.language.event_names import check_event_name
from domain.language.fields import check_fields, fields_to_json
from domain.language.templates import TEMPLATES
from schemas.models.endpoint import TemplateName

DOCS = Path(__file__).parents[2] / "docs"
TABLE = """
segment | type | message_id event name category user_id anonymous_id group_id previous_id channel timestamp
  original_timestamp sent_at properties traits context library_name library_version page_url page_path page_title
  page_referrer locale timezone user_agent
posthog | event distinct_id | uuid timestamp sent_at properties lib lib_version session_id root_session_id current_url
  device_type browser os
amplitude | event_type | insert_id event_time user_id device_id session_id platform library language app_version os_name
  os_version device_model country event_properties user_properties groups group_properties
mixpanel | kind | event distinct_id insert_id time group_key group_id properties operations
ga4 | name | client_id app_instance_id user_id event_time measurement_id firebase_app_id params user_properties consent
cloudevents | id source type specversion | subject time datacontenttype dataschema data data_base64 traceparent
webhook | hook payload | webhook_id type sent_at
cloudwatch | id message timestamp | owner log_group log_stream
"""
ROWS = [row.split("|") for row in TABLE.replace("\n  ", " ").strip().splitlines()]
PROTOCOLS = {name.strip(): (required, optional) for name, required, optional in ROWS}


def keys_of(template, presence):
    return [field["key"] for field in TEMPLATES[template].fields if field["presence"] == presence]


def test_every_name_of_the_api_is_a_template():
    assert list(TEMPLATES) == list(TemplateName.__args__)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_a_title_one_sentence_and_a_page_of_the_documentation(name):
    template = TEMPLATES[name]
    assert template.title
    assert re.fullmatch(r"[A-Z].*\.", template.about)
    assert (DOCS / template.page).is_file()


def test_the_settings_of_a_template_tell_it_from_all_others_that_take_a_plan():
    typed = [tuple(template.event_name) for template in TEMPLATES.values() if template.typed]
    assert len(set(typed)) == len(typed)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_sound_and_stands_as_it_is_stored(name):
    template = TEMPLATES[name]
    assert fields_to_json(check_fields(template.fields)) == template.fields
    check_event_name(template.event_name, template.fields)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocols_template_has_the_fields_of_its_table(name):
    required, optional = PROTOCOLS[name]
    assert keys_of(name, "required") == required.split()
    assert sorted(keys_of(name, "optional")) == sorted(optional.split())


@pytest.mark.parametrize("name", [name for name in TEMPLATES if not name.endswith("_tracking")])
def test_a_protocols_template_keeps_further_keys_names_its_events_and_reads_times_of_rfc_3339(name):
    template = TEMPLATES[name]
    assert template.additional_keys == "keep"
    assert template.event_name
    assert {field["format"] for field in template.fields if field["type"] == "TIMESTAMP"} == {"rfc3339"}


def test_error_tracking_is_user_tracking_and_what_errors_have():
    tracking = TEMPLATES["user_tracking"].fields
    errors = TEMPLATES["error_tracking"].fields
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
    assert {item["presence"] for item in TEMPLATES["user_tracking"].fields} == {"macro"}
