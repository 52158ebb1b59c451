"""Three synthetic people and four short ads that the tests of the words share."""

from __future__ import annotations

import pytest

from api.generation.rules.job_analysis import JobAnalysis, analyze_job
from api.profile.rules.profile import Bullet, Contact, Degree, Item, LanguageSkill, Profile, Project, Role, SkillGroup

BACKEND_AD = """Senior Backend Engineer
We build payment services in Python and PostgreSQL.

Requirements:
- 5+ years of experience with Python
- Kafka, Docker and Kubernetes
- SQL query optimization

Nice to have:
- Terraform
"""
FRONTEND_AD = """Frontend Engineer
Requirements: React, TypeScript and CSS; unit tests with Jest. GraphQL is a plus.
"""
NURSE_AD = (
    """Registered nurse for our ICU. Required: BLS, patient assessment, medication administration. Spanish is a plus."""
)
EMPTY_AD = "Come and join a nice bunch. We laugh a lot and the coffee is good."


@pytest.fixture(scope="session")
def backend_ad() -> JobAnalysis:
    return analyze_job(BACKEND_AD)


@pytest.fixture(scope="session")
def frontend_ad() -> JobAnalysis:
    return analyze_job(FRONTEND_AD)


@pytest.fixture(scope="session")
def nurse_ad() -> JobAnalysis:
    return analyze_job(NURSE_AD)


@pytest.fixture(scope="session")
def ad_without_terms() -> JobAnalysis:
    return analyze_job(EMPTY_AD)


@pytest.fixture(scope="session")
def engineer() -> Profile:
    return Profile(
        contact=Contact(name="Ada Example", label="Software Engineer", email="ada@example.com", phone="555-0101"),
        summary="Software engineer with 8 years building web services. I enjoy teaching.",
        roles=(
            Role(
                id="role-aaaaa1",
                employer="Nordwind Oy",
                title="Senior Software Engineer",
                start="2020-03",
                end=None,
                current=True,
                location="Helsinki",
                summary="Owns the payment platform.",
                bullets=(
                    Bullet("bullet-aaaa11", "Built payment services in Python and Postgres serving 50 users"),
                    Bullet("bullet-aaaa12", "Reduced page load time by 40% with React and TypeScript"),
                    Bullet("bullet-aaaa13", "Mentored a team of 20 staff across two offices"),
                    Bullet("bullet-aaaa14", "Moved batch jobs to Kafka and Kubernetes, cutting cost by $1,200 a month"),
                ),
            ),
            Role(
                id="role-aaaaa2",
                employer="Kupfer GmbH",
                title="Software Developer",
                start="2016-01",
                end="2020-02",
                bullets=(
                    Bullet("bullet-aaaa21", "Was responsible for managing releases with Docker"),
                    Bullet("bullet-aaaa22", "Wrote unit tests with Jest for a GraphQL client"),
                ),
            ),
            Role(
                id="role-aaaaa3", employer="Kiosk 12", title="Cashier", start="2014", end="2015", summary="Sold papers."
            ),
        ),
        degrees=(
            Degree("degree-aaaaa1", "Example University", "Bachelor of Science", "Mathematics", "2010", "2014", "3.8"),
        ),
        projects=(
            Project(
                id="project-aaaa1",
                name="tidewatch",
                description="A small tide table.",
                keywords=("Go", "SQLite"),
                bullets=(Bullet("bullet-aaaa31", "Created a parser that reads 3 file formats"),),
            ),
        ),
        skills=(
            SkillGroup("skill-aaaaa1", "Languages", "", ("Python", "TypeScript", "Go", "SQL")),
            SkillGroup("skill-aaaaa2", "Tools", "", ("Docker", "K8s", "Postgres", "Kafka", "React")),
        ),
        certificates=(Item("certificate-a1aaa", "Certified Kubernetes Administrator", "CNCF", "2022-11"),),
        languages=(
            LanguageSkill("language-aaa1", "English", "Native"),
            LanguageSkill("language-aaa2", "Finnish", "Fluent"),
        ),
    )


@pytest.fixture(scope="session")
def nurse() -> Profile:
    return Profile(
        contact=Contact(name="Bo Sample", label="Registered Nurse"),
        roles=(
            Role(
                id="role-bbbbb1",
                employer="Example General Hospital",
                title="Registered Nurse, ICU",
                start="2018-05",
                end="2024-05",
                bullets=(
                    Bullet("bullet-bbbb11", "Cared for up to 3 ventilated patients per shift"),
                    Bullet("bullet-bbbb12", "Trained 12 new nurses in medication administration"),
                    Bullet("bullet-bbbb13", "Kept charting complete in Epic EHR"),
                ),
            ),
        ),
        degrees=(Degree("degree-bbbbb1", "Example College", "Associate of Science", "Nursing", "2014", "2018"),),
        skills=(SkillGroup("skill-bbbbb1", "Clinical", "", ("BLS", "Patient assessment", "Wound care")),),
        languages=(LanguageSkill("language-bbb1", "Spanish", "Fluent"),),
    )


@pytest.fixture(scope="session")
def cook() -> Profile:
    """Someone without a summary, label, skills or dates that a machine can read."""
    return Profile(
        contact=Contact(name="李明"),
        roles=(
            Role("role-ccccc1", "Gasthaus Linde", "Koch", "Frühling 2019", "", True, bullets=(
                Bullet("bullet-cccc11", "Speisekarte mit 12 Gerichten entwickelt"),
                Bullet("bullet-cccc12", "Lieferanten ausgewählt und Preise verhandelt"),
            )),
        ),
    )  # fmt: skip
