"""Objects in a bucket that speaks S3: SeaweedFS, MinIO, Amazon's own, or a cloud's S3-compatible store."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import structlog
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from gateways.object_storage.contract import ByteStream, Readable, check_key
from gateways.object_storage.errors import ObjectMissing, ObjectRangeInvalid, ObjectStoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

log = structlog.get_logger(__name__)
_DELETE_AT_ONCE = 1000


class S3ObjectStore:
    """An `ObjectStore` in `bucket`, under `prefix` (which may be empty). Safe to share between threads."""

    def __init__(self, client: S3Client, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def shut(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def put(self, key: str, body: bytes | Path, *, content_type: str, sha256: bytes) -> None:
        # The store checks this checksum, so that the body needn't be hashed again for the request's signature.
        checksum = base64.b64encode(sha256).decode()
        place, more = self._place(key), {"ContentType": content_type, "ChecksumSHA256": checksum}
        with _facts(key):
            if isinstance(body, bytes):
                self._client.put_object(Bucket=self._bucket, Key=place, Body=body, **more)  # type: ignore[arg-type]
                return
            with body.open("rb") as source:
                self._client.put_object(Bucket=self._bucket, Key=place, Body=source, **more)  # type: ignore[arg-type]

    def open(self, key: str, start: int = 0, length: int | None = None) -> ByteStream:
        if start < 0 or (length is not None and length < 1):
            raise ObjectRangeInvalid(start=start, length=length)
        whole = (start, length) == (0, None)
        end = "" if length is None else str(start + length - 1)
        more: dict[str, Any] = {} if whole else {"Range": f"bytes={start}-{end}"}
        with _facts(key):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._place(key), **more)
        if not whole and answer["ResponseMetadata"]["HTTPStatusCode"] != 206:
            answer["Body"].close()
            raise ObjectStoreUnavailable(reason="ranges are not honored")
        return ByteStream(_Body(key, answer["Body"]), answer["ContentLength"])

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        with self.open(key, start, length) as stream:
            return b"".join(stream)

    def size(self, key: str) -> int:
        with _facts(key):
            return self._client.head_object(Bucket=self._bucket, Key=self._place(key))["ContentLength"]

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except ObjectMissing:
            return False
        return True

    def delete_many(self, keys: Iterable[str]) -> None:
        places = [self._place(key) for key in keys]
        for first in range(0, len(places), _DELETE_AT_ONCE):
            some = places[first : first + _DELETE_AT_ONCE]
            with _facts(some[0]):
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": place} for place in some], "Quiet": True}
                )
            if answer.get("Errors"):
                log.error("objects_not_deleted", first=answer["Errors"][0], count=len(answer["Errors"]))
                raise ObjectStoreUnavailable(reason="not deleted")

    def url(self, key: str, seconds: int) -> str:
        params = {"Bucket": self._bucket, "Key": self._place(key)}
        return self._client.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)

    def local_path(self, key: str) -> None:
        check_key(key)

    def _place(self, key: str) -> str:
        return self._prefix + check_key(key)


def make_client(
    *, endpoint_url: str, region: str, access_key: str, secret_key: str, timeout_seconds: float = 10.0
) -> S3Client:
    """A client that hashes nothing twice. Without keys it takes what the machine provides (a role, a profile)."""
    config = Config(
        signature_version="s3v4",
        s3={"payload_signing_enabled": False, "addressing_style": "path" if endpoint_url else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=min(timeout_seconds, 3.0),
        read_timeout=timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=16,
    )
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint_url or None,
        region_name=region,
        aws_access_key_id=access_key or None,
        aws_secret_access_key=secret_key or None,
        config=config,
    )


class _Body:
    """A response's body whose faults are told in our words."""

    def __init__(self, key: str, body: Readable) -> None:
        self._key = key
        self._body = body

    def read(self, count: int, /) -> bytes:
        with _facts(self._key):
            return self._body.read(count)

    def close(self) -> None:
        self._body.close()


@contextmanager
def _facts(key: str) -> Iterator[None]:
    """Turn what boto3 raises into what happened."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in {"NoSuchKey", "404", "NotFound"}:
            raise ObjectMissing(key=key) from None
        if code in {"InvalidRange", "416"}:
            raise ObjectRangeInvalid(key=key) from None
        log.error("object_store_refused", key=key, reason=code)
        raise ObjectStoreUnavailable(reason=code) from error
    except (BotoCoreError, HTTPClientError, OSError) as error:
        log.error("object_store_unreachable", key=key, fault=type(error).__name__)
        raise ObjectStoreUnavailable(reason=type(error).__name__) from error
