"""Everything a build depends on besides its rows. Two builds with equal configs and rows give equal bytes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Label = Literal["interview", "offer"]
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

HORIZON_DAYS: dict[Label, int] = {"interview": 60, "offer": 90}


@dataclass(frozen=True, slots=True)
class DatasetConfig:
    """Inputs of a build.

    as_of            history after it is not read; must be the `as_of` the warehouse was built for
    source_cut       the snapshot of the source the rows come from, as the warehouse names it
    consent_version  policy version of the training consent in force; None: the newest version among the rows
    label            which outcome makes a row a positive
    base_model       whose documented limits the files must keep
    salt             of the person hash that decides the split; changing it moves everybody
    """

    as_of: datetime
    source_cut: str
    consent_version: str | None = None
    label: Label = "interview"
    base_model: str = "gemini-2.5-flash"
    salt: str = "cvstomize-2026"
    validation_share: float = 0.10
    test_share: float = 0.10
    max_rows_per_person: int = 3
    max_pairs_per_person: int = 5
    max_pair_days: int = 90
    min_fact_jaccard: float = 0.8
    max_length_difference: float = 0.10
    max_length_effect: float = 0.2
    min_words: int = 250
    max_words: int = 900
    max_keyword_density: float = 0.03
    min_train_rows: int = 100
    min_train_people: int = 50
    min_validation_rows: int = 20
    max_family_share: float = 0.40
    max_person_share: float = 0.02
    max_residual_share: float = 0.01
    near_duplicate_jaccard: float = 0.80
    cross_split_jaccard: float = 0.70

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise ValueError("as_of needs an offset from UTC, for example 2026-12-01T00:00:00Z")
        if self.label not in HORIZON_DAYS:
            raise ValueError(f"label must be one of {', '.join(HORIZON_DAYS)}")
        if not 0 < self.validation_share + self.test_share < 1:
            raise ValueError("validation_share and test_share must leave something to train on")

    @property
    def horizon_days(self) -> int:
        """By which day the outcome must have happened."""
        return HORIZON_DAYS[self.label]

    def as_document(self) -> dict[str, Any]:
        """JSON-ready, with the moment in UTC, for the manifest."""
        document = asdict(self)
        document["as_of"] = self.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return document
