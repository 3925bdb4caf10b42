"""What pages tell of visitors and of errors, most of it by macros."""

from typing import Any

from domain.language.templates.template import Template
from schemas.data_types import DataType, Presence
from schemas.macros import Macro

_TRACKING: tuple[tuple[Macro, str], ...] = (
    (Macro.PAGE_URL, "The page on which it happened."),
    (Macro.PAGE_DOMAIN, "The page's registrable domain."),
    (Macro.REFERRER_URL, "The page that led there."),
    (Macro.REFERRER_DOMAIN, "The registrable domain of the page that led there."),
    (Macro.UTM_SOURCE, "Campaign: who sent the visitor."),
    (Macro.UTM_MEDIUM, "Campaign: by what kind of link."),
    (Macro.UTM_CAMPAIGN, "Campaign: its name."),
    (Macro.UTM_TERM, "Campaign: the search term that was paid for."),
    (Macro.UTM_CONTENT, "Campaign: which of several links or advertisements."),
    (Macro.BROWSER_NAME, "By the user agent."),
    (Macro.BROWSER_VERSION, "By the user agent."),
    (Macro.OS_NAME, "By the user agent."),
    (Macro.OS_VERSION, "By the user agent."),
    (Macro.DEVICE_NAME, "By the user agent."),
    (Macro.DEVICE_BRAND, "By the user agent."),
    (Macro.DEVICE_MODEL, "By the user agent."),
    (Macro.SCREEN_SIZE, "Width and height in pixels, such as 1920x1080."),
    (Macro.USER_COUNTRY_CODE, "Where the visitor's address is, two letters."),
    (Macro.USER_REGION, "Where the visitor's address is."),
    (Macro.USER_CITY, "Where the visitor's address is."),
)


def _macro(key: str, macro: Macro, description: str) -> dict[str, Any]:
    return {
        "key": key,
        "type": DataType.STRING.value,
        "presence": Presence.MACRO.value,
        "description": description,
        "macro": macro.value,
    }


def _field(key: str, data_type: DataType, presence: Presence, description: str) -> dict[str, Any]:
    return {"key": key, "type": data_type.value, "presence": presence.value, "description": description}


_ERROR = [
    _macro("error_id", Macro.UUID, "Tells this error from any other; made here unless it is sent."),
    _field("error_file", DataType.STRING, Presence.OPTIONAL, "The script in which it happened."),
    _field("error_message", DataType.STRING, Presence.REQUIRED, "What the error says."),
    _field("error_column", DataType.INT, Presence.OPTIONAL, "Column in the script, from 1."),
    _field("error_row", DataType.INT, Presence.OPTIONAL, "Line in the script, from 1."),
    _field("error_trace", DataType.STRING, Presence.OPTIONAL, "The calls that led there."),
]
_VISIT = [_macro(macro.value, macro, description) for macro, description in _TRACKING]

USER_TRACKING = Template(
    _VISIT,
    title="User tracking",
    about="Page views, clicks and campaigns of a website; page, referrer, device and place are filled in.",
    page="fields.md",
    additional_keys="drop",
)
ERROR_TRACKING = Template(
    [*_VISIT, *_ERROR],
    title="Error tracking",
    about="JavaScript errors of a website: message, file, line and stack trace, with the page and the device.",
    page="fields.md",
    additional_keys="drop",
)
