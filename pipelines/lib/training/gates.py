"""How much data is enough. What is missing is said in numbers, so that an operator knows what to wait for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipelines.lib.training.config import DatasetConfig
from pipelines.lib.training.limits import limits_of
from pipelines.lib.training.spool import SpooledRow


def missing_for_upload(rows: Sequence[SpooledRow], config: DatasetConfig) -> list[str]:
    """What a dataset lacks, one sentence each; empty when it may be uploaded."""
    train = [row for row in rows if row.split == "train"]
    validation = sum(row.split == "validation" for row in rows)
    people = Counter(row.person_key for row in train)
    families = Counter(row.job_family for row in train)
    missing = []
    if len(train) < config.min_train_rows:
        missing.append(f"{config.min_train_rows - len(train)} more train rows are needed (there are {len(train)})")
    if len(people) < config.min_train_people:
        missing.append(f"{config.min_train_people - len(people)} more people are needed in train ({len(people)} now)")
    if validation < config.min_validation_rows:
        missing.append(f"{config.min_validation_rows - validation} more validation rows are needed ({validation} now)")
    share = limits_of(config.base_model).max_validation_share
    if share is not None and len(train) >= config.min_train_rows and validation > share * len(train):
        missing.append(
            f"there are {validation} validation rows to {len(train)} train rows, {config.base_model} takes at most"
            f" {share:.0%}: lower validation_share"
        )
    if train:
        family, count = max(families.items(), key=lambda item: (item[1], item[0]))
        if count > config.max_family_share * len(train):
            missing.append(
                f"job family {family} has {count / len(train):.0%} of train, the most is {config.max_family_share:.0%}"
            )
        most = max(people.values())
        if most > config.max_person_share * len(train):
            missing.append(
                f"one person has {most / len(train):.1%} of train, the most is {config.max_person_share:.0%}"
            )
    return missing
