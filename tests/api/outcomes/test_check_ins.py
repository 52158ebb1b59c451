"""Check-ins: asked of everybody, once, answered with one click that scanners cannot make."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from api.outbox.mail import Mail, as_message
from api.outbox.worker import Worker
from tests.support.running_service import Person, Service

LINK = re.compile(r"http://testserver(/c/[A-Za-z0-9_-]+)")


@dataclass
class Outgoing:
    """Keeps mails, or fails as often as it is told to."""

    mails: list[Mail] = field(default_factory=list)
    failures: int = 0

    async def send(self, mail: Mail) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("mail server is down")
        self.mails.append(mail)

    def to(self, person: Person) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == person.email]


@pytest.fixture
def outgoing() -> Outgoing:
    return Outgoing()


def tick(service: Service, outgoing: Outgoing) -> None:
    """One round of `cvstomize work`, on the service's clock."""

    async def round_once() -> None:
        worker = Worker.open(service.settings, clock=service.clock, sender=outgoing)
        try:
            await worker.fill()
            await worker.drain()
        finally:
            await worker.close()

    asyncio.run(round_once())


def links(mail: Mail) -> dict[str, str]:
    """Paths by answer, in the order of the mail."""
    names = ("interview", "offer", "rejected", "no_answer", "withdrawn", "stop")
    return dict(zip(names, LINK.findall(mail.text), strict=True))


def applied(person: Person, days_ago: int) -> str:
    resume_id = person.add_resume(created_at=datetime.now(UTC) - timedelta(days=days_ago + 1))
    body = {"appliedAt": (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()}
    assert person.post(f"/api/resume/{resume_id}/report-outcome", json=body).status_code == 200
    return resume_id


def due_ids(person: Person) -> list[tuple[str, int]]:
    items = person.get("/api/checkins").json()["items"]
    return [(item["resumeId"], item["day"]) for item in items]


def test_due_after_fourteen_days_and_sent_once(service: Service, person: Person, outgoing: Outgoing) -> None:
    resume_id = applied(person, 13)
    tick(service, outgoing)
    assert outgoing.to(person) == []
    assert due_ids(person) == []
    with service.clock.moved(days=1, minutes=1):
        for _ in range(2):
            tick(service, outgoing)
    assert len(outgoing.to(person)) == 1
    rows = service.rows("select day from cvstomize.check_ins where resume_id = %s order by day", resume_id)
    assert [row[0] for row in rows] == [14, 30, 60, 90]


def test_only_the_latest_due_one_is_asked(service: Service, person: Person, outgoing: Outgoing) -> None:
    resume_id = applied(person, 65)
    tick(service, outgoing)
    assert len(outgoing.to(person)) == 1
    assert due_ids(person) == [(resume_id, 60)]


def test_without_a_date_waiting_begins_at_the_first_download(
    service: Service, person: Person, outgoing: Outgoing
) -> None:
    resume_id = person.add_resume(created_at=datetime.now(UTC) - timedelta(days=20))
    with service.database.connect("DATABASE_URL") as connection:
        connection.execute(
            "update cvstomize.resumes set downloaded_count = 1, first_downloaded_at = now() - interval '5 days'"
            " where id = %s",
            [resume_id],
        )
    tick(service, outgoing)
    assert outgoing.to(person) == []


def test_a_get_records_nothing_and_a_post_records_once(service: Service, person: Person, outgoing: Outgoing) -> None:
    resume_id = applied(person, 15)
    tick(service, outgoing)
    path = links(outgoing.to(person)[0])["rejected"]
    with service.client() as anybody:
        page = anybody.get(path)
        assert page.status_code == 200
        assert "<form" in page.text
        assert anybody.head(path).status_code == 200
        assert len(person.get(f"/api/resume/{resume_id}/outcome").json()["history"]) == 1
        for _ in range(2):
            answer = anybody.post(path)
            assert answer.status_code == 200
            assert "Thank you" in answer.text
    outcome = person.get(f"/api/resume/{resume_id}/outcome").json()
    assert outcome["current"]["rejected"] is True
    assert [(event["kind"], event["source"]) for event in outcome["history"]] == [
        ("applied", "report"),
        ("rejected", "check_in"),
    ]
    assert outcome["history"][1]["checkInId"] is not None
    assert due_ids(person) == []


def test_nothing_is_asked_after_the_end(service: Service, person: Person, outgoing: Outgoing) -> None:
    resume_id = applied(person, 15)
    person.post(f"/api/resume/{resume_id}/report-outcome", json={"rejected": True})
    with service.clock.moved(days=16):
        tick(service, outgoing)
    assert outgoing.to(person) == []


def test_answering_through_the_front_end(service: Service, person: Person, outgoing: Outgoing) -> None:
    resume_id = applied(person, 15)
    tick(service, outgoing)
    check_in = person.get("/api/checkins").json()["items"][0]
    body = {"interviewReceived": True, "checkInId": check_in["id"]}
    history = person.post(f"/api/resume/{resume_id}/report-outcome", json=body).json()["history"]
    assert history[-1]["source"] == "check_in"
    assert due_ids(person) == []
    other = person.add_resume()
    assert person.post(f"/api/resume/{other}/report-outcome", json=body).status_code == 404


def test_one_click_stops_all(service: Service, person: Person, outgoing: Outgoing) -> None:
    applied(person, 15)
    tick(service, outgoing)
    mail = outgoing.to(person)[0]
    assert mail.stop_url.endswith(links(mail)["stop"])
    headers = as_message(mail, "CVstomize <no-reply@cvstomize.example>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with service.client() as anybody:
        answer = anybody.post(links(mail)["stop"], data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    applied(person, 20)
    tick(service, outgoing)
    assert len(outgoing.to(person)) == 1
    assert person.get("/api/checkins").json() == {"stopped": True, "items": []}


def test_links_expire_and_cannot_be_altered(service: Service, person: Person, outgoing: Outgoing) -> None:
    applied(person, 15)
    tick(service, outgoing)
    path = links(outgoing.to(person)[0])["offer"]
    with service.client() as anybody:
        assert anybody.post(path[:-2] + ("AA" if not path.endswith("AA") else "BA")).status_code == 404
        with service.clock.moved(days=31):
            assert anybody.get(path).status_code == 404
            assert anybody.post(path).status_code == 404


def test_a_failed_mail_is_sent_later(service: Service, person: Person, outgoing: Outgoing) -> None:
    applied(person, 15)
    outgoing.failures = 1
    tick(service, outgoing)
    with service.clock.moved(minutes=1):
        tick(service, outgoing)
    assert len(outgoing.to(person)) == 1


def test_an_answer_that_makes_no_sense_is_said(service: Service, person: Person, outgoing: Outgoing) -> None:
    resume_id = applied(person, 15)
    tick(service, outgoing)
    path = links(outgoing.to(person)[0])["no_answer"]
    person.post(f"/api/resume/{resume_id}/report-outcome", json={"interviewReceived": True})
    with service.client() as anybody:
        assert anybody.post(path).status_code == 200
    current = person.get(f"/api/resume/{resume_id}/outcome").json()["current"]
    assert current["interviewReceived"] is True
