"""Requests in other collectors' protocols, translated as the ingest handler does it, without validating an event."""

from adapters.http_event import http_request_from_event
from domain.intake.protocol_request import protocol_request
from domain.validation.revision import CompiledRevision
from tests.front_doors import http_api_event

POINTER = {"environment_id": "env_1", "revision_id": "rev_1", "allowed_origins": []}
RECEIVED_NS, RECEIVED_AT = 1_795_873_621_345_678_901, "2026-11-28T13:47:01.345678Z"
FIELDS = [
    {"key": "type", "type": "STRING", "presence": "optional"},
    {"key": "properties", "type": "JSON", "presence": "optional"},
    {"key": "ip", "type": "STRING", "presence": "optional", "from": "/properties/ip", "protect": "hash"},
]
TIME = b'"timestamp":"2026-11-28T13:46:45Z"'
SENT_AT = b'"2026-11-28T13:46:59.131Z"'
BODIES = [
    ("/v1/batch", b'{"sentAt":%b,"batch":[%%b]}' % SENT_AT, b'"messageId":"m",' + TIME),
    ("/batch", b'{"sent_at":%b,"batch":[%%b]}' % SENT_AT, b'"event":"a","uuid":"u",' + TIME),
    ("/2/httpapi", b'{"events":[%b]}', b'"insert_id":"i","time":1795873605131'),
    ("/track", b"[%b]", b'"event":"a"'),
    ("/v0/events?name=shop", b"%b", b'"a":1'),
]
"""Of some protocols: a route, a body of one event, and members of an event of its own."""


def translated_whole(route, body, query=(), headers=None):
    event = http_api_event("POST", f"/e/env_1{route}", body=body, query=query, headers=headers or {})
    spoken = protocol_request(http_request_from_event(event), route, None if route else "cloudevents")
    spoken.decide()
    return spoken.translate(POINTER, RECEIVED_NS, RECEIVED_AT)


def translated(route, body, query=(), headers=None):
    return translated_whole(route, body, query, headers).events


def revision(additional_keys):
    return CompiledRevision({"revision_id": "r", "additional_keys": additional_keys, "fields": FIELDS})


def made(route, body, members, properties):
    """Return the events of one of `BODIES`, with these properties."""
    path, _, query = route.partition("?")
    event = b'{%b,"properties":%b}' % (members, properties)
    return translated(path, body % event, query=[tuple(query.split("="))] if query else ())
