"""Share of a resume's fields that the import finds, against truth written by hand from the page.

Reads the documents of `data/import/` and, when present, the uploads in `../shared/data/uploads`, each in the child
process that the service uses. A field counts when it is equal after folding case, spaces and dashes. An entry that the
page does not have costs one field, so inventing is never cheaper than missing. The last line is one JSON object:
`fields_found` (all documents of the project), `contact_found` (name, mail, phone of all documents, uploads included),
`uploads_fields_found`, `rows` (one a document).

Run: `python benchmarks/import.py [--misses]`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api.profile.importer import UnreadableDocument, parse_document

DATA = Path(__file__).parent / "data" / "import"
UPLOADS = Path(__file__).resolve().parents[2] / "shared" / "data" / "uploads"
CONTACT = ("name", "email", "phone")
ROLE_KEYS = {"employer": "name", "title": "position", "start": "startDate", "end": "endDate"}
DEGREE_KEYS = {"institution": "institution", "start": "startDate", "end": "endDate"}


@dataclass(slots=True)
class Score:
    """What was found in one document."""

    document: str
    found: int = 0
    total: int = 0
    contact_found: int = 0
    contact_total: int = 0
    seconds: float = 0.0
    misses: list[str] = field(default_factory=list)

    def check(self, name: str, expected: str, actual: str, *, contact: bool = False) -> None:
        """Count one field."""
        hit = fold(expected) == fold(actual)
        self.total += 1
        self.found += hit
        if contact:
            self.contact_total += 1
            self.contact_found += hit
        if not hit:
            self.misses.append(f"{name}: expected {expected!r}, found {actual!r}")


def fold(text: str) -> str:
    """Fold what is no difference to a reader: case, spaces, kinds of dashes and quotes."""
    text = re.sub(r"[‐‑‒–—−]", "-", text).replace("’", "'")
    return " ".join(text.split()).casefold()


def fold_degree(text: str) -> str:
    """Fold the joint and the order of kind and subject: "B.S. in Chemistry" and "Chemistry, B.S." are one degree."""
    return " ".join(sorted(re.sub(r"(?:\s+(?:in|en|em|of|-)\s+|[,\s]+)", " ", fold(text)).split()))


def measure(path: Path, truth_path: Path) -> Score:
    """Import one document and compare it with its truth."""
    truth = json.loads(truth_path.read_text(encoding="utf-8"))
    score = Score(path.name)
    started = time.perf_counter()
    try:
        document: dict[str, Any] = parse_document(path.read_bytes(), path.name, None).document
    except UnreadableDocument as error:
        document = {}
        score.misses.append(f"refused: {error.code}")
    score.seconds = time.perf_counter() - started
    basics = document.get("basics", {})
    for key in CONTACT:
        score.check(key, truth[key], str(basics.get(key, "")), contact=True)
    for number, (role, entry) in enumerate(
        _pairs(truth["roles"], document.get("work", []), "title", "position", score)
    ):
        for name, key in ROLE_KEYS.items():
            score.check(f"role {number} {name}", role[name], str(entry.get(key, "")))
    for number, (degree, entry) in enumerate(
        _pairs(truth["degrees"], document.get("education", []), "institution", "institution", score)
    ):
        for name, key in DEGREE_KEYS.items():
            score.check(f"degree {number} {name}", degree[name], str(entry.get(key, "")))
        found = f"{entry.get('studyType', '')} {entry.get('area', '')}"
        score.check(f"degree {number} degree", fold_degree(degree["degree"]), fold_degree(found))
    return score


def _pairs(
    expected: list[dict[str, str]], entries: list[dict[str, Any]], name: str, key: str, score: Score
) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Pair expected with found entries in order; each entry too many counts as a field that was missed."""
    for extra in entries[len(expected) :]:
        score.total += 1
        score.misses.append(f"not on the page: {extra}")
    pairs = []
    rest = list(entries[: len(expected)])
    for truth in expected:
        best = next(
            (entry for entry in rest if fold(str(entry.get(key, ""))) == fold(truth[name])), rest[0] if rest else {}
        )
        if best in rest:
            rest.remove(best)
        pairs.append((truth, best))
    return pairs


def share(scores: list[Score], found: str = "found", total: str = "total") -> float | None:
    """Return found fields over all fields, or None without documents."""
    whole = sum(getattr(score, total) for score in scores)
    return round(sum(getattr(score, found) for score in scores) / whole, 4) if whole else None


def main() -> None:
    """Print one line a document and the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="print every field that was not found")
    parser.add_argument("--quick", action="store_true", help="every third document of our own")
    options = parser.parse_args()
    paths = [path for path in sorted(DATA.iterdir()) if path.with_name(f"{path.name}.truth.json").exists()]
    chosen = paths[::3] if options.quick else paths
    own = [measure(path, path.with_name(f"{path.name}.truth.json")) for path in chosen]
    uploads = [
        measure(UPLOADS / truth.name.removesuffix(".truth.json"), truth)
        for truth in sorted((DATA / "uploads").glob("*.truth.json"))
        if (UPLOADS / truth.name.removesuffix(".truth.json")).exists()
    ]
    for score in (*own, *uploads):
        print(f"{score.document:45} {score.found:3}/{score.total:<3} {score.seconds:5.2f} s")
        if options.misses:
            for miss in score.misses:
                print(f"    {miss}")
    everything = [*own, *uploads]
    print(
        json.dumps(
            {
                "fields_found": share(own),
                "contact_found": share(everything, "contact_found", "contact_total"),
                "uploads_fields_found": share(uploads),
                "rows": len(everything),
            }
        )
    )


if __name__ == "__main__":
    main()
