"""Walks one person through the real HTTP API, as the front end would: from sign-up to a reported outcome."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from api.db.tables.accounts import PURPOSES
from local.demo.inputs import JobInput, PersonInput

TEMPLATES = ("classic", "modern", "minimal")
PASSWORD = "a password for the demo only"
OUTCOMES = ("offer", "interview", "rejected", "no answer yet")


class WalkError(Exception):
    """The API answered something the demo does not expect. The message has the step and the API's own words."""


@dataclass(slots=True)
class Walked:
    """What came of one person's walk."""

    name: str
    dropped: list[str] = field(default_factory=list)
    resumes: list[dict[str, Any]] = field(default_factory=list)
    pdfs: list[Path] = field(default_factory=list)
    share_url: str = ""


class Walker:
    """A person at the API. `outcome_index` decides which outcome this person reports."""

    def __init__(self, base_url: str, person: PersonInput, pdf_folder: Path, outcome_index: int) -> None:
        self._api = httpx.Client(base_url=base_url, timeout=60, trust_env=False)
        self._person = person
        self._folder = pdf_folder
        self._outcome_index = outcome_index
        self.walked = Walked(str(person.document["basics"].get("name") or person.name))

    def walk(self, jobs: tuple[JobInput, ...], step: Callable[[str], None]) -> Walked:
        """Do everything for all ads. `step` is told what happens now. Raises WalkError."""
        with self._api:
            step("signs in")
            self._sign_in()
            step("imports a resume")
            self._import()
            step("answers 11 questions")
            self._answer_questions()
            for position, job in enumerate(jobs):
                step(f"gets a resume for {job.name}")
                resume = self._generate(job)
                for template in TEMPLATES:
                    self._download(resume, job, template)
                if position == 0:
                    step("shares it")
                    self._share(resume)
                step(f"reports: {OUTCOMES[(self._outcome_index + position) % len(OUTCOMES)]}")
                self._report(resume, OUTCOMES[(self._outcome_index + position) % len(OUTCOMES)])
        return self.walked

    def _call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        answer = self._api.request(method, path, **arguments)
        if not answer.is_success:
            raise WalkError(f"{self.walked.name}: {method} {path} answered {answer.status_code}: {answer.text[:400]}")
        return answer

    def _sign_in(self) -> None:
        email = f"demo-{re.sub(r'[^a-z0-9]+', '-', self._person.name.lower()).strip('-') or 'person'}@example.com"
        account = {"email": email, "password": PASSWORD}
        answer = self._api.post("/api/auth/register", json={**account, "displayName": self.walked.name[:200]})
        if answer.status_code == httpx.codes.CONFLICT:
            answer = self._call("POST", "/api/auth/login", json=account)
        if not answer.is_success:
            raise WalkError(f"{self.walked.name}: registration answered {answer.status_code}: {answer.text[:400]}")
        self._api.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        consents = [{"purpose": purpose, "granted": True} for purpose in PURPOSES]
        self._call("PUT", "/api/consents", json={"consents": consents})

    def _import(self) -> None:
        files = {"file": (f"{self._person.name}.json", self._person.data, "application/json")}
        draft = self._call("POST", "/api/profile/import", files=files).json()
        profile = self._call("POST", f"/api/profile/import/{draft['id']}/confirm", json={}).json()
        self.walked.dropped = [f"{entry['pointer']}: {entry['reason']}" for entry in profile["dropped"]]

    def _answer_questions(self) -> None:
        conversation = self._call("POST", "/api/conversation", json={}).json()
        for number, question in enumerate(conversation["questions"]):
            if question["kind"] == "optional":
                continue
            # Ratings differ by person, so that framings are drawn with different chances.
            ratings = {
                item["id"]: 1 + (len(self._person.name) * 3 + number * 2 + order) % 5
                for order, item in enumerate(question["items"])
            }
            body = {"questionId": question["id"], "text": f"An answer of {self.walked.name}.", "items": ratings}
            self._call("POST", f"/api/conversation/{conversation['id']}/answer", json=body)
        self._call("POST", f"/api/conversation/{conversation['id']}/complete")

    def _generate(self, job: JobInput) -> dict[str, Any]:
        self._call("POST", "/api/job/analyze", json={"jobDescription": job.text})
        body = {"jobDescription": job.text, "framing": "auto"}
        resume: dict[str, Any] = self._call("POST", "/api/resume/generate", json=body).json()
        resume["score"] = self._call("GET", f"/api/resume/{resume['id']}/score").json()
        resume["jobName"] = job.name
        self.walked.resumes.append(resume)
        return resume

    def _download(self, resume: dict[str, Any], job: JobInput, template: str) -> None:
        path = f"/api/resume/{resume['id']}/download"
        pdf = self._call("GET", path, params={"template": template, "format": "pdf"})
        target = self._folder / f"{self._person.name}--{job.name}--{template}.pdf"
        target.write_bytes(pdf.content)
        self.walked.pdfs.append(target)
        if template == TEMPLATES[0]:
            target.with_name(f"{self._person.name}--{job.name}.md").write_text(resume["markdown"], encoding="utf-8")

    def _share(self, resume: dict[str, Any]) -> None:
        link = self._call("POST", f"/api/resume/{resume['id']}/share", json={}).json()
        self.walked.share_url = str(link["url"])
        with httpx.Client(timeout=30, trust_env=False, headers={"User-Agent": "Mozilla/5.0 (X11) Demo"}) as visitor:
            page = visitor.get(self.walked.share_url)
            if not page.is_success:
                raise WalkError(f"{self.walked.name}: the shared page answered {page.status_code}")
        self._call("GET", f"/api/resume/{resume['id']}/engagement")

    def _report(self, resume: dict[str, Any], outcome: str) -> None:
        now = datetime.now(UTC)
        report: dict[str, Any] = {"appliedAt": (now - timedelta(hours=2)).isoformat()}
        if outcome == "rejected":
            report["rejectedAt"] = (now - timedelta(hours=1)).isoformat()
        elif outcome == "no answer yet":
            report["noAnswerYet"] = True
        else:
            report |= {"interviewReceived": True, "interviewReceivedAt": (now - timedelta(minutes=50)).isoformat()}
        if outcome == "offer":
            report |= {
                "jobOfferReceived": True,
                "jobOfferReceivedAt": (now - timedelta(minutes=20)).isoformat(),
                "salaryOffered": 128000,
                "salaryCurrency": "USD",
                "salaryPeriod": "year",
            }
        self._call("POST", f"/api/resume/{resume['id']}/report-outcome", json=report)
        self._call("GET", f"/api/resume/{resume['id']}/outcome")
