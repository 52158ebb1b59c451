"""A person's document and a job ad, as most tests of the API use them."""

from typing import Any

DOCUMENT: dict[str, Any] = {
    "basics": {
        "name": "Ada Example",
        "label": "Backend Engineer",
        "email": "ada@example.com",
        "phone": "+1 415 555 0134",
    },
    "work": [
        {
            "name": "Harbor Data",
            "position": "Backend Engineer",
            "startDate": "2021-03",
            "highlights": [
                "Designed a Python and FastAPI booking service that handles 3,000 requests a second",
                "Cut PostgreSQL query time by 62% with covering indexes",
                "Mentored four engineers in weekly pairing",
            ],
        },
        {
            "name": "Willow Clinic",
            "position": "Software Engineer",
            "startDate": "2017",
            "endDate": "2021-02",
            "highlights": ["Built a Django API for reminders used by 41 clinics", "Wrote the on-call runbook"],
        },
    ],
    "education": [
        {"institution": "Lakeside Institute", "studyType": "BSc", "area": "Computer Science", "endDate": "2017"}
    ],
    "skills": [
        {"name": "Languages", "keywords": ["Python", "SQL"]},
        {"name": "Tools", "keywords": ["PostgreSQL", "Docker"]},
    ],
}
AD = """Senior Backend Engineer at Cedar Logistics
Location: Portland, OR, United States

Requirements
- 4+ years of Python, FastAPI
- PostgreSQL, Docker

Nice to have: Kafka, Terraform
"""
