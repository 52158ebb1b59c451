"""The object store. The same Google client in production and locally, where it points at the emulator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from api.errors import UnavailableError

CALL_TIMEOUT_SECONDS = 5.0
RETRY_DEADLINE_SECONDS = 8.0

Result = TypeVar("Result")


class ObjectStore:
    """Puts, gets and deletes whole objects. Google's client is synchronous, so calls run in a thread."""

    def __init__(self, project: str, emulator_host: str | None = None) -> None:
        self._project = project
        self._emulator_host = emulator_host
        self._client: Any = None

    def _connect(self) -> Any:
        # Imported on first use: it takes a quarter of a second and 30 MB that a cold start does not need.
        if self._client is None:
            from google.auth.credentials import AnonymousCredentials
            from google.cloud import storage  # type: ignore[import-untyped,unused-ignore]

            if self._emulator_host:
                self._client = storage.Client(
                    project=self._project,
                    credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
                    client_options={"api_endpoint": self._emulator_host},
                )
            else:
                self._client = storage.Client(project=self._project)
        return self._client

    async def _call(self, work: Callable[[Any, Any], Result]) -> Result:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.storage.retry import DEFAULT_RETRY
        from requests.exceptions import RequestException

        retry = DEFAULT_RETRY.with_timeout(RETRY_DEADLINE_SECONDS)
        try:
            async with asyncio.timeout(RETRY_DEADLINE_SECONDS + 1):
                return await asyncio.to_thread(lambda: work(self._connect(), retry))
        except (GoogleAPIError, GoogleAuthError, RequestException, TimeoutError) as error:
            raise UnavailableError("The document store did not answer in time. Try again shortly.") from error

    async def get(self, bucket: str, name: str) -> bytes | None:
        """The object's bytes, or None when there is none. Raises UnavailableError."""
        from google.api_core.exceptions import NotFound

        def download(client: Any, retry: Any) -> bytes | None:
            try:
                blob = client.bucket(bucket).blob(name)
                return bytes(blob.download_as_bytes(timeout=CALL_TIMEOUT_SECONDS, retry=retry))
            except NotFound:
                return None

        return await self._call(download)

    async def put_once(self, bucket: str, name: str, data: bytes, content_type: str) -> None:
        """Write an object whose name is the hash of what it holds: if it is there already, that is the same one."""
        from google.api_core.exceptions import PreconditionFailed

        def upload(client: Any, retry: Any) -> None:
            try:
                client.bucket(bucket).blob(name).upload_from_string(
                    data,
                    content_type=content_type,
                    if_generation_match=0,
                    checksum="crc32c",
                    timeout=CALL_TIMEOUT_SECONDS,
                    retry=retry,
                )
            except PreconditionFailed:
                return

        await self._call(upload)

    async def delete_prefix(self, bucket: str, prefix: str, *, limit: int = 10_000) -> int:
        """Delete every object under a prefix; return how many. At most `limit` in one call."""
        from google.api_core.exceptions import NotFound

        def delete(client: Any, retry: Any) -> int:
            count = 0
            listing = client.list_blobs(
                bucket, prefix=prefix, max_results=limit, timeout=CALL_TIMEOUT_SECONDS, retry=retry
            )
            for blob in listing:
                try:
                    blob.delete(timeout=CALL_TIMEOUT_SECONDS, retry=retry)
                    count += 1
                except NotFound:
                    continue
            return count

        return await self._call(delete)

    async def names(self, bucket: str, prefix: str) -> list[str]:
        """The name of every object under a prefix, in pages of a thousand. Raises UnavailableError."""

        def listed(client: Any, retry: Any) -> list[str]:
            fields = "items(name),nextPageToken"
            found = client.list_blobs(bucket, prefix=prefix, fields=fields, timeout=CALL_TIMEOUT_SECONDS, retry=retry)
            return [str(blob.name) for blob in found]

        return await self._call(listed)

    async def ping(self, bucket: str) -> None:
        """Answer when the bucket can be listed. Raises UnavailableError."""

        def look(client: Any, retry: Any) -> None:
            next(iter(client.list_blobs(bucket, max_results=1, timeout=CALL_TIMEOUT_SECONDS, retry=retry)), None)

        await self._call(look)
