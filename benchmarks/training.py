"""From resumes to dataset files: rows a second, peak memory, and the near-duplicate step beside datatrove's.

The whole step is timed on both sides, in one process each, on the same texts: ours from texts to the rows that stay,
theirs through their four stages (signatures, buckets, clusters, filter) with their default settings. Recall is the
share of the exact set (pairs of character 5-gram Jaccard of at least 0.80) of which at most one text is left.

datatrove runs in an environment of its own, made at the first call. Where that cannot be made the comparison is left
out, and the output says so.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers import python_with_datatrove
from pipelines.lib.training.build import build_supervised
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.example import TrainingExample, read_example
from pipelines.lib.training.jsonl import sha256_hex
from pipelines.lib.training.near_duplicates import drop_near_duplicates, jaccard, shingles
from pipelines.lib.training.spool import SpooledRow

AS_OF = datetime(2026, 12, 1, tzinfo=UTC)
CONFIG = DatasetConfig(as_of=AS_OF, source_cut="benchmark")
INTERVIEWS = 5
"""Every fifth row has an interview, as in a real year."""
MISSING = "datatrove was NOT compared: it cannot be installed here, or it failed with the lines above"
DATATROVE = """
import json, sys, time
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature)
from datatrove.utils.hashing import HashConfig
from loguru import logger
logger.remove()
documents = [Document(text=text, id=str(number)) for number, text in enumerate(json.load(sys.stdin))]
root = sys.argv[1]
config = MinhashConfig(hash_config=HashConfig(hash_fc="xxhash"))
first = MinhashDedupSignature(root + "/signatures", config=config)
first.get_signature(first.get_shingles("the tokenizer is loaded before the clock starts"))
started = time.perf_counter()
first.run(documents, 0, 1)
for bucket in range(config.num_buckets):
    step = MinhashDedupBuckets(root + "/signatures", root + "/buckets", config=config)
    step.run(None, bucket, config.num_buckets)
MinhashDedupCluster(root + "/buckets", root + "/removed", config=config).run(None, 0, 1)
kept = [int(document.id) for document in MinhashDedupFilter(root + "/removed").run(documents, 0, 1)]
print(json.dumps([time.perf_counter() - started, kept]))
"""


def templates() -> list[TrainingExample]:
    """A few hundred different rows, made with the product's own rules."""
    from tests.pipelines.training.synthetic import record

    return [read_example(record(person)) for person in range(200)]


def vocabulary(choose: random.Random) -> list[str]:
    """Twenty thousand words that mean nothing. Letters only: a resume of digits would be one of phone numbers."""
    letters = str.maketrans("0123456789", "ghijklmnop")
    return [f"{choose.getrandbits(24):x}".translate(letters) for _ in range(20_000)]


def examples(count: int) -> Iterator[TrainingExample]:
    """`count` rows of as many people, every text different, those of the facts included: nothing that is remembered of
    one row helps with another, as among real people. Prompts and answers are those of the product."""
    known = templates()
    choose = random.Random(7)
    words = vocabulary(choose)
    for number in range(count):
        text = " ".join(choose.choices(words, k=400))
        base = known[number % len(known)]
        yield replace(
            base,
            resume_id=f"r{number}",
            resume_version_id=f"v{number}",
            person_key=f"p{number}",
            body_markdown=text,
            content={**(base.content or {}), "summary": text[:300]},
            profile_facts=facts_of_their_own(base.profile_facts, text.split(" ", 40)[:40]),
            interview_day=5 if number % INTERVIEWS == 0 else None,
        )


def facts_of_their_own(facts: Any, words: list[str]) -> Any:
    """The facts with two words of this person behind each sentence of their work."""
    work = [
        {**job, "highlights": [with_words(item, words) for item in job.get("highlights") or []]}
        for job in (facts or {}).get("work") or []
    ]
    return {**(facts or {}), "work": work}


def with_words(item: Any, words: list[str]) -> Any:
    """One sentence, or a fact that holds it under `text`, two words longer."""
    if isinstance(item, dict):
        return {**item, "text": with_words(item["text"], words)}
    return f"{item} {words.pop()} {words.pop()}"


def measure_build(count: int) -> tuple[float, int]:
    """Rows a second of a whole build, the making of the rows taken off; and rows written."""
    started = time.perf_counter()
    for _ in examples(count):
        pass
    making = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        dataset = build_supervised(examples(count), CONFIG, Path(folder))
        seconds = time.perf_counter() - started
    return count / max(seconds - making, 1e-9), sum(file.rows for file in dataset.files)


def texts_with_copies(count: int) -> tuple[list[str], set[tuple[int, int]]]:
    """Texts, a tenth of them altered copies of others, and the index pairs of the exact set."""
    choose = random.Random(11)
    words = vocabulary(choose)
    texts = [" ".join(choose.choices(words, k=200)) for _ in range(count * 9 // 10)]
    copies = []
    for number in range(count - len(texts)):
        parts = texts[number].split()
        for _ in range(choose.randint(1, 16)):
            parts[choose.randrange(len(parts))] = choose.choice(words)
        copies.append(" ".join(parts))
    alike = (jaccard(shingles(texts[number]), shingles(copy)) for number, copy in enumerate(copies))
    exact = {(number, len(texts) + number) for number, share in enumerate(alike) if share >= 0.80}
    return texts + copies, exact


def ours(texts: list[str]) -> tuple[float, set[int]]:
    """Seconds of our near-duplicate step, and the indices that stay."""
    rows = []
    for number, text in enumerate(texts):
        digest = bytes.fromhex(sha256_hex(text.encode()))
        key = str(number)
        rows.append(SpooledRow(digest, digest, key, key, key, "train", "data", 0, 0, 0, 0))
    started = time.perf_counter()
    kept, _ = drop_near_duplicates(rows, lambda row: texts[int(row.resume_id)], CONFIG)
    return time.perf_counter() - started, {int(row.resume_id) for row in kept}


def datatrove(texts: list[str]) -> tuple[float, set[int]] | None:
    """The same of datatrove, in an interpreter of its own; None when there is none."""
    python = python_with_datatrove()
    if python is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(
            [python, "-c", DATATROVE, folder],
            input=json.dumps(texts),
            stdout=subprocess.PIPE,
            text=True,
            timeout=1_800,
            check=False,  # half an hour of our own figures must not be lost with it
        )
    if ended.returncode:
        return None
    seconds, kept = json.loads(ended.stdout.strip().splitlines()[-1])
    return float(seconds), set(kept)


def recall(exact: set[tuple[int, int]], kept: set[int]) -> float:
    """The share of the exact pairs of which at most one text stays."""
    return sum(one not in kept or other not in kept for one, other in exact) / len(exact)


def measure_dedup(count: int) -> tuple[float | None, float]:
    """Our throughput over datatrove's (None without it), and our recall; prints both sides."""
    texts, exact = texts_with_copies(count)
    seconds, kept = ours(texts)
    found = recall(exact, kept)
    print(f"near-duplicates of {count} texts, {len(exact)} exact pairs: {seconds:.1f} s, recall {found:.4f}")
    peer = datatrove(texts)
    if peer is None:
        print(MISSING)
        return None, found
    print(f"datatrove on the same texts: {peer[0]:.1f} s, recall {recall(exact, peer[1]):.4f}")
    return peer[0] / seconds, found


def main() -> None:
    """Print the figures; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rows, under a minute")
    parser.add_argument("--rows", type=int, default=0, help="rows of the build; default 100,000, quick 5,000")
    arguments = parser.parse_args()
    rows = arguments.rows or (5_000 if arguments.quick else 100_000)
    per_second, written = measure_build(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows} rows read, {written} written, {per_second:.0f} rows a second, peak {peak:.0f} MB")
    ratio, found = measure_dedup(2_000 if arguments.quick else 20_000)
    figures = {
        "rows": rows,
        "rows_per_second": round(per_second, 1),
        "dedup_over_datatrove": None if ratio is None else round(ratio, 2),
        "dedup_recall": round(found, 4),
        "peak_memory_mb": round(peak, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
