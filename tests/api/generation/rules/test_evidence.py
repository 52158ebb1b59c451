"""Rewrites by somebody who wants more than the bullet says, each beside an honest one."""

from __future__ import annotations

import pytest

from api.generation.rules.evidence import Evidence, unsupported_reasons

OWN = "Led 20 staff and cut costs by 12%, saving $1.2M for 50 users in 3 months at Initech with Python"
REWRITES = [
    (OWN, "Led 45 staff and cut costs by 12%", False),
    (OWN, "Led 20 staff and cut costs by 12%, saving $1,200,000 for 50 users", True),
    (OWN, "Cut costs by 12%, saving 1.2 million dollars for 50 users", True),
    (OWN, "Cut costs by 12%, saving $1.2B for 50 users", False),
    (OWN, "Cut costs by 12%, saving €1.2M for 50 users", False),
    (OWN, "Cut costs by 12 points, leading 20 staff", False),
    (OWN, "Cut costs by 12 percentage points, leading 20 staff", False),
    (OWN, "Cut costs by 0.12, leading 20 staff", False),
    (OWN, "Led 20 staff for 50k users and cut costs by 12%", False),
    (OWN, "Led 20 staff for 50 thousand users and cut costs", False),
    (OWN, "Led 20 staff for 50+ users and cut costs", False),
    (OWN, "Led 20 staff for over 50 users and cut costs", False),
    (OWN, "Led 20 staff for nearly 50 users and cut costs", True),
    (OWN, "Led twenty staff and cut costs by 12%", True),
    (OWN, "Led thirty staff and cut costs by 12%", False),
    (OWN, "Led ٢٠ staff and cut costs by ١٢%", True),
    (OWN, "Led ٤٥ staff and cut costs by ١٢%", False),
    (OWN, "Led ２０ staff and cut costs by １２%", True),
    (OWN, "Led hundreds of staff and cut costs by 12%", False),
    (OWN, "Led dozens of staff and cut costs by 12%", False),
    (OWN, "Led 20 staff in 3 weeks and cut costs", False),
    (OWN, "Led 20 staff in 3 months and cut costs", True),
    (OWN, "Led 20 users and cut costs by 12%", False),
    (OWN, "Led 50 staff and cut costs by 12%", False),
    (OWN, "Led 20 staff and cut costs by 20%", False),
    (OWN, "Doubled output and led 20 staff, cutting costs by 12%", False),
    (OWN, "Halved costs and led 20 staff", False),
    (OWN, "Led 20 staff at Google and cut costs by 12%", False),
    (OWN, "Led 20 staff with Python and Kubernetes, cutting costs", False),
    (OWN, "Led 20 staff with python, cutting costs by 12%", True),
    (OWN, "Led 20 staff as a certified manager, cutting costs by 12%", False),
    (OWN, "Led 20 staff and, with a PhD, cut costs by 12%", False),
    (OWN, "Led 20 staff and cut costs by 12%, praised by Elon Musk", False),
    (OWN, "Led 20 staff across Europe and cut costs by 12%", False),
    (OWN, "Led 20 staff for a Fortune 500 client, cutting costs by 12%", False),
    (OWN, "Led 20 staff, cut costs by 12% and won an award", False),
    (OWN, "Increased costs by 12% with 20 staff", False),
    (OWN, "Led 20 staff; saved $1.2M", True),
    (OWN, "Led 20 staff; saved $1.25M", False),
    (OWN, "Led 20 staff; saved $1.2M annually", False),
    (OWN, "Led 20 staff; saved $1.2M per year", False),
    (OWN, "Led 2 staff and cut costs by 1%", False),
    (OWN, "Led 20 staff and cut costs by 12x", False),
    ("Served 50 users", "Served 50k users", False),
    ("Served 50k users", "Served 50,000 users", True),
    ("Served 50k users", "Served 50 users", False),
    ("Handled 1,200 calls", "Handled 1.2 calls", False),
    ("Handled 1.2 tons", "Handled 1,2 tons", True),
    ("Reduced latency from 200ms to 50ms", "Reduced latency from 200 ms to 50 ms", True),
    ("Reduced latency from 200ms to 50ms", "Reduced latency from 200s to 50s", False),
    ("Stored 3 TB of logs", "Stored 3 PB of logs", False),
    ("Grew sales 5-10%", "Grew sales 5 to 10%", True),
    ("Ran 24/7 support", "Ran 24/7 support", True),
    ("Managed $5k budget", "Managed $5 budget", False),
    ("Managed $5k budget", "Managed $5,000 budget", True),
    ("Managed £5k budget", "Managed $5k budget", False),
    ("Sold 12 cars a day", "Sold 12 cars a week", False),
    ("Trained nurses on S3 backups", "Trained nurses on S3 backups for 3 hospitals", False),
    ("Bediente 50 Kunden", "Bediente 50.000 Kunden", False),
    ("Bediente 50.000 Kunden", "Bediente 50000 Kunden", True),
    ("提升了20%的效率", "提升了45%的效率", False),
    ("管理3万用户", "管理3亿用户", False),
    ("Increased revenue by 5 percentage points", "Increased revenue by 5%", False),
    ("Built tool used by half of the team", "Built tool used by the whole team", False),
    ("Raised NPS from 30 to 45", "Raised NPS from 45 to 30", False),
    ("Cut churn from 8% to 3%", "Cut churn from 8% to 3%", True),
    ("Wrote 1st chapter", "Wrote 3rd chapter", False),
    ("Ranked 3rd of 200", "Ranked 1st of 200", False),
    ("Helped design the API", "Designed the API single-handedly", False),
    ("Assisted the team with tests", "Led the team with tests", False),
]


@pytest.mark.parametrize(("own", "text", "kept"), REWRITES)
def test_a_rewrite_is_kept_only_when_it_says_no_more(own: str, text: str, kept: bool) -> None:
    reasons = unsupported_reasons(text, Evidence((own,), (own,), own), rewrite=True)
    assert (reasons == []) == kept, reasons
