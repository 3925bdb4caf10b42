"""The closed sets of codes: what can be wrong with an event, what became of it, and how a request is answered."""

from enum import StrEnum
from types import MappingProxyType


class Fault(StrEnum):
    """What is wrong with one event, at one pointer."""

    REQUIRED = "required"
    UNKNOWN_KEY = "unknown_key"
    TYPE_STRING = "type_string"
    TYPE_INT = "type_int"
    TYPE_FLOAT = "type_float"
    TYPE_BOOLEAN = "type_boolean"
    TYPE_DATETIME = "type_datetime"
    TYPE_TIMESTAMP = "type_timestamp"
    TYPE_DATE = "type_date"
    TYPE_OBJECT = "type_object"
    TYPE_ARRAY = "type_array"
    OUT_OF_RANGE = "out_of_range"
    STRING_TOO_LONG = "string_too_long"
    REGEX = "regex"
    MIN_LENGTH = "min_length"
    MAX_LENGTH = "max_length"
    MIN_VALUE = "min_value"
    MAX_VALUE = "max_value"
    ONE_OF = "one_of"
    MIN_ITEMS = "min_items"
    MAX_ITEMS = "max_items"
    MAX_BYTES = "max_bytes"
    FORMAT = "format"
    KIND = "kind"
    MIN_PROPERTIES = "min_properties"
    MAX_PROPERTIES = "max_properties"
    UNIQUE_ITEMS = "unique_items"
    MULTIPLE_OF = "multiple_of"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    EVENT_TOO_LARGE = "event_too_large"
    DEPTH = "depth"


class Outcome(StrEnum):
    """What became of one event.

    `UNDELIVERED` appears only in an answer 503: the event was valid, and nothing of it was kept.
    """

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    LIMITED = "limited"
    UNDELIVERED = "undelivered"


class Problem(StrEnum):
    """Why a request was not answered 200; `PROBLEM_STATUS` gives the HTTP status of each."""

    # Ingest answers these.
    INVALID_EVENT = "invalid_event"
    NOT_JSON = "not_json"
    NO_PAYLOAD = "no_payload"
    BAD_ENCODING = "bad_encoding"
    AMBIGUOUS = "ambiguous"
    PLAN_EXHAUSTED = "plan_exhausted"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    UNKNOWN_ENVIRONMENT = "unknown_environment"
    UNKNOWN_ROUTE = "unknown_route"
    BAD_KEY = "bad_key"
    BAD_SIGNATURE = "bad_signature"
    DELETED = "deleted"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    TOO_MANY_EVENTS = "too_many_events"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    RATE_LIMITED = "rate_limited"
    INTERNAL = "internal"
    UNDELIVERABLE = "undeliverable"
    NOT_READY = "not_ready"
    # The front door of a local run answers these; on AWS its front doors answer for themselves.
    REQUEST_TIMEOUT = "request_timeout"
    URI_TOO_LONG = "uri_too_long"
    HEADERS_TOO_LARGE = "headers_too_large"
    # The management API answers these.
    BAD_REQUEST = "bad_request"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    CHOOSE_ORGANISATION = "choose_organisation"
    NAME_TAKEN = "name_taken"
    DOMAIN_IN_USE = "domain_in_use"
    CONFIRMATION_MISMATCH = "confirmation_mismatch"
    REVISION_FINALISED = "revision_finalised"
    REVISION_NOT_FINALISED = "revision_not_finalised"
    REVISION_EMPTY = "revision_empty"
    REDRIVE_RUNNING = "redrive_running"
    CANARY_RUNNING = "canary_running"
    CANARY_ENDED = "canary_ended"
    LIMIT_REACHED = "limit_reached"
    TAPS_OFF = "taps_off"
    VERSION_CONFLICT = "version_conflict"
    PRECONDITION_REQUIRED = "precondition_required"
    INVALID_REQUEST = "invalid_request"
    TOO_COMPLEX = "too_complex"
    DESTINATION_REFUSED = "destination_refused"
    MISCONFIGURED = "misconfigured"
    """Only the deployment's operator can fix it: AWS does not let one of its functions do what was asked for."""


PROBLEM_STATUS = MappingProxyType(
    {
        Problem.INVALID_EVENT: 400,
        Problem.NOT_JSON: 400,
        Problem.NO_PAYLOAD: 400,
        Problem.BAD_ENCODING: 400,
        Problem.AMBIGUOUS: 400,
        Problem.BAD_REQUEST: 400,
        Problem.UNAUTHENTICATED: 401,
        Problem.BAD_KEY: 401,
        Problem.BAD_SIGNATURE: 401,
        Problem.PLAN_EXHAUSTED: 402,
        Problem.ORIGIN_NOT_ALLOWED: 403,
        Problem.FORBIDDEN: 403,
        Problem.UNKNOWN_ENVIRONMENT: 404,
        Problem.UNKNOWN_ROUTE: 404,
        Problem.NOT_FOUND: 404,
        Problem.METHOD_NOT_ALLOWED: 405,
        Problem.REQUEST_TIMEOUT: 408,
        Problem.CONFLICT: 409,
        Problem.CHOOSE_ORGANISATION: 409,
        Problem.NAME_TAKEN: 409,
        Problem.DOMAIN_IN_USE: 409,
        Problem.CONFIRMATION_MISMATCH: 409,
        Problem.REVISION_FINALISED: 409,
        Problem.REVISION_NOT_FINALISED: 409,
        Problem.REVISION_EMPTY: 409,
        Problem.REDRIVE_RUNNING: 409,
        Problem.CANARY_RUNNING: 409,
        Problem.CANARY_ENDED: 409,
        Problem.LIMIT_REACHED: 409,
        Problem.TAPS_OFF: 409,
        Problem.DELETED: 410,
        Problem.VERSION_CONFLICT: 412,
        Problem.BODY_TOO_LARGE: 413,
        Problem.TOO_MANY_EVENTS: 413,
        Problem.URI_TOO_LONG: 414,
        Problem.UNSUPPORTED_MEDIA_TYPE: 415,
        Problem.UNSUPPORTED_ENCODING: 415,
        Problem.INVALID_REQUEST: 422,
        Problem.TOO_COMPLEX: 422,
        Problem.DESTINATION_REFUSED: 422,
        Problem.PRECONDITION_REQUIRED: 428,
        Problem.RATE_LIMITED: 429,
        Problem.HEADERS_TOO_LARGE: 431,
        Problem.INTERNAL: 500,
        Problem.MISCONFIGURED: 500,
        Problem.UNDELIVERABLE: 503,
        Problem.NOT_READY: 503,
    }
)
