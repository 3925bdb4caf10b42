"""Puts the console's files behind its address: `python -m infra.publishing --stage prod`, a part of `make deploy`.

A step of its own rather than a custom resource of the stack: that would be a function with a wildcard in its role, for
what a client does in a second. Files that have a checksum in their name go first and stay, so that a page which was
loaded before finds what it asks for.
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

from domain.errors import Misconfigured
from infra.outputs import make_client, outputs_of
from infra.settings import settings_of
from infra.settings.stage import StageSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

BUILT = Path(__file__).parents[1] / "console" / "dist"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
_ASSETS = "assets/"


class PublishedFile(NamedTuple):
    """An object of the console's bucket."""

    key: str
    content: bytes
    media_type: str
    cache_control: str


def files_of(built: Path, outputs: Mapping[str, str]) -> list[PublishedFile]:
    """Return the console's files in the order in which they have to be there, the page last.

    Raises:
        Misconfigured: it is not built.
    """
    if not (built / "index.html").is_file():
        raise Misconfigured("The console is not built: run `make console`.")
    found = list(_built_files(built))
    config = json.dumps(config_from(outputs)).encode()
    found.append(PublishedFile("config.json", config, "application/json", ASK_AGAIN))
    return sorted(found, key=lambda file: (not file.key.startswith(_ASSETS), file.key == "index.html", file.key))


def config_from(outputs: Mapping[str, str]) -> dict[str, object]:
    """Return what the console reads at its start: how one signs in here."""
    if "SignInClientId" not in outputs:
        return {"sign_in": {"kind": "token"}}
    page, client_id = outputs["SignInPage"], outputs["SignInClientId"]
    return {"sign_in": {"kind": "hosted_page", "page": page, "client_id": client_id}}


def publish(s3: "S3Client", cloudfront: "CloudFrontClient", outputs: Mapping[str, str], built: Path = BUILT) -> int:
    """Write every file, then let CloudFront forget those whose name stays; return how many were written."""
    files = files_of(built, outputs)
    for file in files:
        s3.put_object(
            Bucket=outputs["ConsoleBucketName"],
            Key=file.key,
            Body=file.content,
            ContentType=file.media_type,
            CacheControl=file.cache_control,
        )
    changed = [f"/{file.key}" for file in files if file.cache_control == ASK_AGAIN]
    cloudfront.create_invalidation(
        DistributionId=outputs["DistributionId"],
        InvalidationBatch={
            "Paths": {"Quantity": len(changed) + 1, "Items": [*changed, "/"]},
            "CallerReference": str(time.time_ns()),
        },
    )
    return len(files)


def publish_stage(settings: StageSettings, built: Path = BUILT) -> tuple[int, str]:
    """Publish what is built for a stage; return how many files, and the console's address."""
    outputs = outputs_of(make_client(settings), f"ingest-{settings.name}-front")
    written = publish(boto3.client("s3", region_name=settings.region), boto3.client("cloudfront"), outputs, built)
    return written, outputs["ConsoleUrl"]


def _built_files(built: Path) -> Iterator[PublishedFile]:
    for path in sorted(built.rglob("*")):
        key = path.relative_to(built).as_posix()
        if path.is_file() and not key.startswith("."):
            media_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
            if media_type.startswith("text/") or media_type == "application/javascript":
                media_type += "; charset=utf-8"
            yield PublishedFile(key, path.read_bytes(), media_type, FOR_EVER if key.startswith(_ASSETS) else ASK_AGAIN)


def main() -> None:
    """Publish for the stage of the command line."""
    parser = argparse.ArgumentParser(description="Put the console's files behind its address.")
    parser.add_argument("--stage", default="dev")
    try:
        written, url = publish_stage(settings_of(parser.parse_args().stage))
    except Misconfigured as error:
        sys.exit(f"Misconfigured: {error}")
    sys.stdout.write(f"{written} files of the console are at {url}\n")


if __name__ == "__main__":
    main()
