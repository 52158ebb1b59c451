"""The PDF cache over a real object store and real render processes: shared work, the same bytes, and outages."""

import asyncio
import contextlib
import uuid
from collections.abc import Iterator

import pytest

from api.resumes.pdf import PDF_TYPE, Pdf, PdfCache
from api.storage.objects import ObjectStore
from local.stack.ports import free_port
from renderer import Contact, RenderRequest
from renderer.pool import RenderPool
from tests.support.shared_stack import SharedStack

REQUEST = RenderRequest(
    "## Skills\n\n- SQL\n\n## Work\n\n### Engineer, Example Ltd\n\n- Built pages\n", Contact("Ada Example")
)
PERSON = uuid.UUID(int=7)


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    with RenderPool(workers=2) as started:
        yield started


@pytest.fixture
def objects(storage_stack: SharedStack) -> ObjectStore:
    environment = storage_stack.environment()
    return ObjectStore(environment["GCP_PROJECT_ID"], environment["STORAGE_EMULATOR_HOST"])


@pytest.fixture
def bucket(storage_stack: SharedStack, objects: ObjectStore) -> str:
    """The bucket of resumes without objects of this person."""
    name = storage_stack.environment()["GCS_RESUMES_BUCKET"]
    asyncio.run(objects.delete_prefix(name, f"u/{PERSON}/"))
    return name


def test_equal_requests_at_once_share_one_render(pool: RenderPool, objects: ObjectStore, bucket: str) -> None:
    async def at_once() -> list[Pdf]:
        cache = PdfCache(pool, objects, bucket)
        return await asyncio.gather(*[cache.get(PERSON, REQUEST) for _ in range(20)])

    answers = asyncio.run(at_once())
    assert {answer.cache for answer in answers} == {"miss"}
    assert all(answer is answers[0] for answer in answers)


def test_a_caller_that_leaves_does_not_take_the_render_with_it(
    pool: RenderPool, objects: ObjectStore, bucket: str
) -> None:
    async def one_leaves() -> Pdf:
        cache = PdfCache(pool, objects, bucket)
        leaver = asyncio.create_task(cache.get(PERSON, REQUEST))
        stayer = asyncio.create_task(cache.get(PERSON, REQUEST))
        await asyncio.sleep(0)
        leaver.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaver
        return await stayer

    assert asyncio.run(one_leaves()).data.startswith(b"%PDF-")


def test_a_lost_object_is_rendered_to_the_same_bytes_by_another_process(objects: ObjectStore, bucket: str) -> None:
    kept = []
    for _ in range(2):
        with RenderPool() as other:
            pdf = asyncio.run(PdfCache(other, objects, bucket).get(PERSON, REQUEST))
        assert pdf.cache == "miss"
        kept.append(pdf.data)
        assert asyncio.run(objects.get(bucket, f"u/{PERSON}/{pdf.content_hash}.pdf")) == pdf.data
        assert asyncio.run(objects.delete_prefix(bucket, f"u/{PERSON}/")) == 1
    assert kept[0] == kept[1]


def test_an_outage_is_bridged_and_the_next_time_it_is_kept(pool: RenderPool, objects: ObjectStore, bucket: str) -> None:
    away = ObjectStore("test", f"http://127.0.0.1:{free_port()}")
    during = asyncio.run(PdfCache(pool, away, bucket).get(PERSON, REQUEST))
    after = asyncio.run(PdfCache(pool, objects, bucket).get(PERSON, REQUEST))
    again = asyncio.run(PdfCache(pool, objects, bucket).get(PERSON, REQUEST))
    assert [during.cache, after.cache, again.cache] == ["bypass", "miss", "hit"]
    assert during.data == after.data == again.data


def test_an_object_is_written_once(objects: ObjectStore, bucket: str) -> None:
    """Two instances that both missed write the same bytes: the second one finds it done, which is no error."""
    name = f"u/{PERSON}/twice.pdf"
    for data in (b"first", b"second"):
        asyncio.run(objects.put_once(bucket, name, data, PDF_TYPE))
    assert asyncio.run(objects.get(bucket, name)) == b"first"
