"""Every job family that an ad can be of has words for the thanks."""

from api.generation.rules.data_files import read_csv
from api.outcomes.thanks import family_phrases


def test_every_family_is_named_in_words() -> None:
    families = {row["job_family"] for row in read_csv("job_families.csv")}
    assert set(family_phrases()) == families
    for phrase in family_phrases().values():
        assert phrase.startswith("in ")
        assert "_" not in phrase
