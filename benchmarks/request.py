"""What one whole request costs a function in CPU, the call of the delivery stream over TLS included.

`python -m benchmarks.request` runs the ingest function as it is composed for Lambda against a stub of AWS in another
process, and in the same process what such a function is usually built of: Powertools' resolver, a pydantic model, and
boto3's `put_record`. It prints the ratio of their CPU (`time.process_time`, so that waiting counts nothing), for a
small and for a medium event.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import BaseModel, ConfigDict, Field, create_model

from adapters.dynamodb.encoding import pack
from adapters.function_settings import variables_from_settings
from benchmarks.intake import ENVIRONMENT_ID, REVISION_ID, http_api_event
from benchmarks.measuring import medians
from benchmarks.samples import MEDIUM, MEDIUM_MAPS, SMALL, SMALL_MAPS
from functions.ingest.settings import IngestSettings
from schemas.items import ItemKey, pointer_key, revision_document_key
from tests.aws_stub import make_certificate

STREAM = "stream-1"
GOAL = 0.22

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


class Small(BaseModel):
    """The small event, as a model of the usual kind."""

    model_config = ConfigDict(strict=True, extra="ignore")

    event: Literal["page_view", "click", "submit", "purchase"]
    user_id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    session: str
    at: str
    page: str
    title: str | None = None
    scroll: Annotated[float, Field(ge=0, le=1)] | None = None
    visits: Annotated[int, Field(ge=1)] | None = None
    logged_in: bool = False
    screen: str | None = None


def model_from(fields: list[dict[str, Any]], name: str) -> type[BaseModel]:
    """Return a model of the usual kind for a tree of fields: types and presence; its rules are left out."""
    types = {"STRING": str, "INT": int, "FLOAT": float, "BOOLEAN": bool, "DATETIME": str, "TIMESTAMP": int}
    members: dict[str, Any] = {}
    for field in fields:
        key, data_type = field["key"], field["type"]
        element = data_type.removeprefix("ARRAY_")
        kind: Any = model_from(field["fields"], f"{name}_{key}") if element == "OBJECT" else types[element]
        if data_type != element:
            kind = list[kind]
        members[key] = (kind, ...) if field["presence"] == "required" else (kind | None, field.get("default"))
    return create_model(name, __config__=ConfigDict(strict=True, extra="ignore"), **members)


def usual_build(model: type[BaseModel]) -> Handler:
    """Return the handler as it is usually written."""
    app = APIGatewayHttpResolver()
    firehose = boto3.client("firehose")

    @app.post("/e/<environment_id>")
    def take(environment_id: str) -> Response[str]:
        event = model.model_validate_json(app.current_event.body or "")
        line = {
            "_event_id": app.current_event.request_context.request_id,
            "_received_at": datetime.now().astimezone().isoformat(),
            "_environment_id": environment_id,
            **event.model_dump(),
        }
        firehose.put_record(DeliveryStreamName=STREAM, Record={"Data": (json.dumps(line) + "\n").encode()})
        return Response(200, content_type="application/json", body=json.dumps({"ok": True, "accepted": 1}))

    class Context:
        aws_request_id = "request"

    def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
        answer: dict[str, Any] = app.resolve(event, Context())
        return answer

    return handle


def items(fields: list[dict[str, Any]]) -> dict[ItemKey, dict[str, Any]]:
    """Return what the stub's table holds: a pointer and a revision."""
    pointer = {
        "environment_id": ENVIRONMENT_ID,
        "endpoint_id": "ep_1",
        "organisation_id": "org_1",
        "revision_id": REVISION_ID,
        "state": "active",
        "on_invalid": "quarantine",
        "allowed_origins": [],
        "streams": [STREAM],
        "plan_exhausted": False,
        "rate_limit": None,
        "store_addresses": False,
        "written_at": 0,
    }
    document = {"revision_id": REVISION_ID, "additional_keys": "drop", "fields": fields}
    return {pointer_key(ENVIRONMENT_ID): pointer, revision_document_key(REVISION_ID): document}


def _stored(items: Mapping[ItemKey, Mapping[str, Any]]) -> dict[str, Any]:
    """Return items as the table has them, by their partition keys."""
    found: dict[str, Any] = {}
    for key, data in items.items():
        attributes, _ = pack(data, "")
        found[key.pk] = {
            "pk": {"S": key.pk},
            "sk": {"S": key.sk},
            "version": {"N": "1"},
            **{name: _wire(value) for name, value in attributes.items()},
        }
    return found


def _wire(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": b64encode(value["B"]).decode()} if "B" in value else value


LAMBDA_VARIABLES = {
    **variables_from_settings(
        IngestSettings(
            "catalog",
            "counters",
            "https://queue/spill",
            "https://queue/quarantine",
            "https://queue/taps",
            "https://queue/usage",
            "secret",
        )
    ),
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "t" * 800,
}
"""What Lambda gives the function of its environment."""


@contextmanager
def stub_of_aws(
    items: Mapping[ItemKey, Mapping[str, Any]], secrets: Mapping[str, str] = {}
) -> Iterator[dict[str, str]]:
    """Run a stub of AWS, and give the variables of what is pointed at it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate, _ = make_certificate(folder)
        (folder / "items.json").write_text(json.dumps(_stored(items)))
        (folder / "secrets.json").write_text(json.dumps(dict(secrets)))
        stub = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "benchmarks.aws_stub", name], stdout=subprocess.PIPE, text=True
        )
        try:
            assert stub.stdout is not None
            port = stub.stdout.readline().strip()
            yield {
                **LAMBDA_VARIABLES,
                "AWS_ENDPOINT_URL": f"https://localhost:{port}",
                "AWS_CA_BUNDLE": str(certificate),
                "POWERTOOLS_SERVICE_NAME": "ingest",
            }
        finally:
            stub.terminate()
            stub.wait(10)


@contextmanager
def aws(fields: list[dict[str, Any]]) -> Iterator[None]:
    """Run a stub of AWS, and let the environment point at it."""
    with stub_of_aws(items(fields)) as variables:
        os.environ.update(variables)
        yield


def compare(name: str, fields: list[dict[str, Any]], text: bytes, model: type[BaseModel]) -> None:
    with aws(fields):
        from functions.ingest.aws import compose  # noqa: PLC0415 - what it imports reads the environment

        ours, _ = compose(os.environ)
        usual = usual_build(model)
        event = http_api_event(text.decode())
        for handler in (ours, usual):
            answer = handler(event, None)
            assert answer["statusCode"] == 200, answer
        times = medians(
            {"ours": lambda: ours(event, None), "usual": lambda: usual(event, None)}, clock=time.process_time
        )
    ratio = times["ours"] / times["usual"]
    print(
        f"{name:7} {len(text):6,} B   ours {times['ours'] * 1e6:7.0f} us CPU   usual {times['usual'] * 1e6:7.0f} us",
        end="",
    )
    print(f"   {ratio:.3f} x (goal {GOAL})")


def main() -> None:
    compare("small", SMALL_MAPS, SMALL, Small)
    compare("medium", MEDIUM_MAPS, MEDIUM, model_from(MEDIUM_MAPS, "Medium"))


if __name__ == "__main__":
    main()
