"""From resumes to dataset files: rows a second, peak memory, and the near-duplicate step beside the exact set.

Rows are synthetic and made before the clock starts. With `DATATROVE_PYTHON` (an interpreter that has datatrove; it
cannot share our environment because it brings another HTTP stack) the MinHash signatures of datatrove are timed on the
same texts (it needs tokenizers, spacy and xxhash below 4); without it `dedup_over_datatrove` is null.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipelines.lib.training.build import build_supervised
from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.example import TrainingExample, read_example
from pipelines.lib.training.near_duplicates import jaccard, shingles, signature, similar_pairs

AS_OF = datetime(2026, 12, 1, tzinfo=UTC)
DATATROVE = """
import json, sys, time
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.utils.hashing import HashConfig
texts = json.load(sys.stdin)
config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8, hash_config=HashConfig(hash_fc="xxhash"))
step = MinhashDedupSignature(output_folder=sys.argv[1], config=config)
started = time.perf_counter()
for text in texts:
    step.get_signature(step.get_shingles(text))
print(time.perf_counter() - started)
"""


def templates() -> list[TrainingExample]:
    """A few hundred different rows, made with the product's own rules."""
    from tests.pipelines.training.synthetic import record

    return [read_example(record(person)) for person in range(200)]


def examples(count: int) -> Iterator[TrainingExample]:
    """`count` rows of as many people; every fifth has an interview, as in a real year."""
    known = templates()
    choose = random.Random(7)
    for number in range(count):
        base = known[number % len(known)]
        words = " ".join(f"{choose.getrandbits(40):x}" for _ in range(120))
        yield replace(
            base,
            resume_id=f"r{number}",
            resume_version_id=f"v{number}",
            person_key=f"p{number}",
            body_markdown=f"{base.body_markdown}\n{words}",
            content={**(base.content or {}), "summary": words[:300]},
            interview_day=5 if number % 5 == 0 else None,
        )


def measure_build(count: int) -> tuple[float, int]:
    """Rows a second of a whole build, and rows written."""
    config = DatasetConfig(as_of=AS_OF, source_cut="benchmark", max_words=2_000)
    rows = examples(count)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        dataset = build_supervised(rows, config, Path(folder))
        seconds = time.perf_counter() - started
    return count / seconds, sum(file.rows for file in dataset.files)


def measure_dedup(count: int) -> tuple[float | None, float, float]:
    """Our time over datatrove's for signatures (None without it), recall at 0.80, seconds of ours."""
    choose = random.Random(11)
    words = [f"{choose.getrandbits(24):x}" for _ in range(20_000)]
    texts = [" ".join(choose.choices(words, k=200)) for _ in range(count * 9 // 10)]
    copies = []
    for number in range(count - len(texts)):
        parts = texts[number].split()
        for _ in range(choose.randint(1, 16)):
            parts[choose.randrange(len(parts))] = choose.choice(words)
        copies.append((number, len(texts) + number, " ".join(parts)))
    all_texts = texts + [copy for _, _, copy in copies]
    exact = {(a, b) for a, b, copy in copies if jaccard(shingles(all_texts[a]), shingles(copy)) >= 0.80}
    started = time.perf_counter()
    signatures = [signature(text) for text in all_texts]
    seconds = time.perf_counter() - started
    people = [str(index) for index in range(len(all_texts))]
    found = {(a, b) for a, b, _ in similar_pairs(signatures, people, all_texts.__getitem__, 0.80)}
    recall = len(found & exact) / len(exact)
    other = datatrove_seconds(all_texts)
    return (other / seconds if other else None), recall, seconds


def datatrove_seconds(texts: list[str]) -> float | None:
    """Seconds datatrove takes for the signatures of the same texts, in an interpreter of its own."""
    python = os.environ.get("DATATROVE_PYTHON")
    if not python:
        return None
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(
            [python, "-c", DATATROVE, folder],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            timeout=1_800,
            check=True,
        )
    return float(ended.stdout.strip().splitlines()[-1])


def main() -> None:
    """Print the figures; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows, under a minute")
    parser.add_argument("--rows", type=int, default=0, help="rows of the build; default 100,000, quick 5,000")
    arguments = parser.parse_args()
    rows = arguments.rows or (5_000 if arguments.quick else 100_000)
    per_second, written = measure_build(rows)
    print(f"{rows} rows read, {written} written, {per_second:.0f} rows a second")
    ratio, recall, seconds = measure_dedup(2_000 if arguments.quick else 20_000)
    print(f"near-duplicate signatures {seconds:.1f} s, recall at 0.80 {recall:.3f}, over datatrove {ratio}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "rows": rows,
        "rows_per_second": round(per_second, 1),
        "dedup_over_datatrove": None if ratio is None else round(ratio, 2),
        "dedup_recall": round(recall, 4),
        "peak_memory_mb": round(peak, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
