"""Objects in S3.

A missing object is `None`, a missing bucket is not: to take it for an empty one would lose what belongs there.
Without a grant to list a bucket, S3 calls a missing object forbidden, which is `Undelivered` here: so functions that
have to tell need that grant.
"""

import io
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
from botocore.exceptions import ClientError

from adapters.aws_failures import CONFIG, failure_from, translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES = 256 * 1024


def make_client() -> "S3Client":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("s3", config=CONFIG)


class S3Objects:
    """Implements `ObjectStore`; safe to use from several threads."""

    def __init__(self, client: "S3Client", *, page_keys: int = 1_000) -> None:
        """Take a client, and how many keys a call lists."""
        self._client = client
        self._page_keys = page_keys

    def put(self, bucket: str, key: str, body: bytes) -> None:
        with translated("store an object", forbidden_is_misconfigured=False):
            self._client.put_object(Bucket=bucket, Key=key, Body=body)

    def get(self, bucket: str, key: str) -> bytes | None:
        stream = self.open(bucket, key)
        if stream is None:
            return None
        with stream:
            return stream.read()

    def open(self, bucket: str, key: str) -> BinaryIO | None:
        with translated("read an object", forbidden_is_misconfigured=False):
            try:
                body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
            except ClientError as error:
                failure = failure_from(error)
                if failure.code == "NoSuchKey" or (failure.is_forbidden and not self._is_listed(bucket, key)):
                    return None
                raise
        return io.BufferedReader(_Body(body), _CHUNK_BYTES)

    def _is_listed(self, bucket: str, key: str) -> bool:
        """Return whether there is such an object.

        Who may list some prefixes and not the whole bucket is told of a missing object that it is forbidden.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        found = self._client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", ())
        return any(entry["Key"] == key for entry in found)

    def size(self, bucket: str, key: str) -> int | None:
        """Return how many bytes an object has, None if it is not there.

        It is looked up in a list, since of a missing object S3 tells only who may list the whole bucket.
        """
        with translated("look for an object", forbidden_is_misconfigured=False):
            found = self._client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", ())
        return next((entry["Size"] for entry in found if entry["Key"] == key), None)

    def read_part(self, bucket: str, key: str, start: int, count: int) -> bytes | None:
        """Return bytes of an object from `start` on, None if it is not there."""
        with translated("read an object", forbidden_is_misconfigured=False):
            try:
                answer = self._client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{start + count - 1}")
            except self._client.exceptions.NoSuchKey:
                return None
            return answer["Body"].read()

    def delete(self, bucket: str, key: str) -> None:
        with translated("remove an object", forbidden_is_misconfigured=False):
            self._client.delete_object(Bucket=bucket, Key=key)

    def list_keys(self, bucket: str, prefix: str = "", *, after: str = "", limit: int | None = None) -> list[str]:
        keys: list[str] = []
        with translated("list a bucket", forbidden_is_misconfigured=False):
            paginator = self._client.get_paginator("list_objects_v2")
            paging = {"PageSize": self._page_keys, "MaxItems": limit}
            for page in paginator.paginate(Bucket=bucket, Prefix=prefix, StartAfter=after, PaginationConfig=paging):  # type: ignore[arg-type]
                keys += [found["Key"] for found in page.get("Contents", ())]
        return sorted(keys)

    def list_below(self, bucket: str, folder: str) -> list[str]:
        """Return the keys right below a folder, whose name ends with `/`, and the folders there, without their `/`."""
        found: list[str] = []
        with translated("list a bucket", forbidden_is_misconfigured=False):
            paginator = self._client.get_paginator("list_objects_v2")
            paging = {"PageSize": self._page_keys}
            for page in paginator.paginate(Bucket=bucket, Prefix=folder, Delimiter="/", PaginationConfig=paging):  # type: ignore[arg-type]
                found += [one["Key"] for one in page.get("Contents", ())]
                found += [one["Prefix"].removesuffix("/") for one in page.get("CommonPrefixes", ())]
        return sorted(found)


class _Body(io.RawIOBase):
    """What S3 sends, read as it comes; a connection that breaks is `Undelivered`, never the end of the object."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with translated("read an object", forbidden_is_misconfigured=False):
            data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()
