"""Puts the files of the console and the docs behind its address: `python -m infra.publishing --stage prod`.

A part of `make deploy`, and a step of its own rather than a custom resource of the stack: that would be a function with
a wildcard in its role, for what a client does in a second. Files that have a checksum in their name go first and stay,
so that a page which was loaded before finds what it asks for.
"""

import argparse
import json
import mimetypes
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import boto3

from domain.client_script import HASH, SCRIPT
from domain.errors import Misconfigured
from infra.outputs import make_client, outputs_of
from infra.settings import settings_of
from infra.settings.stage import StageSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

_ROOT = Path(__file__).parents[1]
FOR_AN_HOUR = "public, max-age=3600"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
_ASSETS = "assets/"
_DOCS = "docs/"
_SCRIPTS = "js/"
_NOT_FOUND = "docs/404.html"
STATUS_METADATA = "status"
"""Metadata of the object that is answered with another status than 200."""


class Built(NamedTuple):
    """The folders that the builds write."""

    console: Path = _ROOT / "console" / "dist"
    docs: Path = _ROOT / "site" / "dist"


BUILT = Built()


class PublishedFile(NamedTuple):
    """An object of the console's bucket."""

    key: str
    content: bytes
    media_type: str
    cache_control: str


def files_of(built: Built, outputs: Mapping[str, str]) -> list[PublishedFile]:
    """Return the files in the order in which they have to be there: assets, other files, then the console's page.

    Raises:
        Misconfigured: the console or the docs are not built.
    """
    if not (built.console / "index.html").is_file():
        raise Misconfigured("The console is not built: run `make console`.")
    if not (built.docs / "index.html").is_file():
        raise Misconfigured("The docs are not built: run `make docs`.")
    found = [*_built_files(built.console), *_built_files(built.docs, _DOCS)]
    config = json.dumps(config_from(outputs)).encode()
    found.append(PublishedFile("config.json", config, "application/json", ASK_AGAIN))
    found += scripts_of_pages()
    return sorted(found, key=lambda file: (file.cache_control != FOR_EVER, file.key == "index.html", file.key))


def scripts_of_pages() -> list[PublishedFile]:
    """Return the client for pages, as ingest serves it: here CloudFront does, without an invocation."""
    script, media_type = SCRIPT.encode(), "text/javascript; charset=utf-8"
    return [
        PublishedFile(f"{_SCRIPTS}ingest.{HASH}.js", script, media_type, FOR_EVER),
        PublishedFile(f"{_SCRIPTS}ingest.js", script, media_type, FOR_AN_HOUR),
    ]


def config_from(outputs: Mapping[str, str]) -> dict[str, object]:
    """Return what the console reads at its start: how one signs in here, and where its own events go.

    Its pages may call no function URL: where environments have their addresses there, it sends test events to the API.
    """
    test_events = {"test_events": outputs["IngestApiUrl"]} if "IngestApiUrl" in outputs else {}
    if "SignInClientId" not in outputs:
        return {"sign_in": {"kind": "token"}, **test_events}
    page, client_id = outputs["SignInPage"], outputs["SignInClientId"]
    return {"sign_in": {"kind": "hosted_page", "page": page, "client_id": client_id}, **test_events}


def publish(s3: "S3Client", cloudfront: "CloudFrontClient", outputs: Mapping[str, str], built: Built = BUILT) -> int:
    """Write every file, then let CloudFront forget those whose name stays; return how many were written."""
    files = files_of(built, outputs)
    for file in files:
        s3.put_object(
            Bucket=outputs["ConsoleBucketName"],
            Key=file.key,
            Body=file.content,
            ContentType=file.media_type,
            CacheControl=file.cache_control,
            Metadata={STATUS_METADATA: "404"} if file.key == _NOT_FOUND else {},
        )
    changed = [f"/{file.key}" for file in files if file.cache_control != FOR_EVER and not file.key.startswith(_DOCS)]
    cloudfront.create_invalidation(
        DistributionId=outputs["DistributionId"],
        InvalidationBatch={
            "Paths": {"Quantity": len(changed) + 2, "Items": [*changed, f"/{_DOCS}*", "/"]},
            "CallerReference": str(time.time_ns()),
        },
    )
    return len(files)


def publish_stage(settings: StageSettings) -> tuple[int, str]:
    """Publish what is built for a stage; return how many files, and the console's address."""
    outputs = outputs_of(make_client(settings), f"ingest-{settings.name}-front")
    written = publish(boto3.client("s3", region_name=settings.region), boto3.client("cloudfront"), outputs, BUILT)
    return written, outputs["ConsoleUrl"]


def _built_files(folder: Path, prefix: str = "") -> Iterator[PublishedFile]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("."):
            media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
            if media_type.startswith("text/") or media_type == "application/javascript":
                media_type += "; charset=utf-8"
            cache_control = FOR_EVER if name.startswith(_ASSETS) else ASK_AGAIN
            yield PublishedFile(prefix + name, path.read_bytes(), media_type, cache_control)


def main() -> None:
    """Publish for the stage of the command line."""
    parser = argparse.ArgumentParser(description="Put the files of the console and the docs behind its address.")
    parser.add_argument("--stage", default="dev")
    try:
        written, url = publish_stage(settings_of(parser.parse_args().stage))
    except Misconfigured as error:
        sys.exit(f"Misconfigured: {error}")
    sys.stdout.write(f"{written} files of the console and the docs are at {url}\n")


if __name__ == "__main__":
    main()
