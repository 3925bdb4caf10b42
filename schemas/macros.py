"""The macros: what the server can fill in, and on which types."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from schemas.data_types import DataType


class Macro(StrEnum):
    """A value that the server knows of the event, the request or its sender."""

    EVENT_ID = "event_id"
    RECEIVED_AT = "received_at"
    RANDOM_INT = "random_int"
    UUID = "uuid"
    USER_IP = "user_ip"
    USER_HASH = "user_hash"
    USER_AGENT = "user_agent"
    USER_COUNTRY_CODE = "user_country_code"
    USER_REGION = "user_region"
    USER_CITY = "user_city"
    BROWSER_NAME = "browser_name"
    BROWSER_VERSION = "browser_version"
    OS_NAME = "os_name"
    OS_VERSION = "os_version"
    DEVICE_NAME = "device_name"
    DEVICE_BRAND = "device_brand"
    DEVICE_MODEL = "device_model"
    PAGE_URL = "page_url"
    PAGE_DOMAIN = "page_domain"
    REFERRER_URL = "referrer_url"
    REFERRER_DOMAIN = "referrer_domain"
    UTM_SOURCE = "utm_source"
    UTM_MEDIUM = "utm_medium"
    UTM_CAMPAIGN = "utm_campaign"
    UTM_TERM = "utm_term"
    UTM_CONTENT = "utm_content"
    SCREEN_SIZE = "screen_size"
    ORGANISATION_ID = "organisation_id"
    ENDPOINT_ID = "endpoint_id"
    ENVIRONMENT_ID = "environment_id"
    REVISION_ID = "revision_id"


_TEXT = frozenset({DataType.STRING})

MACRO_TYPES: Mapping[Macro, frozenset[DataType]] = MappingProxyType(
    dict.fromkeys(Macro, _TEXT)
    | {
        Macro.RECEIVED_AT: frozenset({DataType.DATETIME, DataType.TIMESTAMP, DataType.STRING, DataType.INT}),
        Macro.RANDOM_INT: frozenset({DataType.INT}),
    }
)
"""The types that may take each macro."""
