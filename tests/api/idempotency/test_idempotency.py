"""One key, one effect: in parallel, with another body, by another person, after a crash."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from api.db.base import new_id
from api.idempotency.sealing import seal, unseal
from tests.support.running_service import Person, Service

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


def share(person: Person, resume_id: str, body: dict[str, Any] | None = None) -> Any:
    return person.post(f"/api/resume/{resume_id}/share", json=body or {}, headers=KEY)


def test_twenty_equal_requests_make_one_effect(service: Service, person: Person) -> None:
    resume_id = person.add_resume()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: share(person, resume_id), range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["token"] for answer in made}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in made) == 1
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code != 201)
    assert service.rows("select count(*) from cvstomize.share_links where resume_id = %s", resume_id) == [(1,)]
    assert share(person, resume_id).headers["idempotency-replayed"] == "true"


def test_same_key_with_another_body_is_422(person: Person) -> None:
    resume_id = person.add_resume()
    assert share(person, resume_id).status_code == 201
    for other in (share(person, resume_id, {"expiresInDays": 3}), share(person, person.add_resume())):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_keys_of_two_people_are_independent(service: Service, person: Person) -> None:
    first = share(person, person.add_resume())
    other = service.person()
    second = share(other, other.add_resume())
    assert (first.status_code, second.status_code) == (201, 201)
    assert "idempotency-replayed" not in second.headers


def test_a_refused_request_leaves_the_key_free(person: Person) -> None:
    resume_id = person.add_resume()
    path = f"/api/resume/{resume_id}/report-outcome"
    assert person.post(path, json={"accepted": True}, headers=KEY).status_code == 422
    answer = person.post(path, json={"noAnswerYet": True}, headers=KEY)
    assert answer.status_code == 200
    assert person.post(path, json={"noAnswerYet": True}, headers=KEY).headers["idempotency-replayed"] == "true"


def test_the_lease_of_a_crashed_request_ends(service: Service, person: Person) -> None:
    resume_id, now = person.add_resume(), datetime.now(UTC)
    answer = share(person, resume_id)
    assert answer.status_code == 201

    def crash(lease: timedelta) -> None:
        with service.database.connect("DATABASE_URL") as connection:
            connection.execute(
                "update cvstomize.idempotency_keys set response_status = null, response_body = null, leased_until = %s"
                " where user_id = %s",
                [now + lease, person.user_id],
            )

    crash(timedelta(minutes=1))
    waiting = share(person, resume_id)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "idempotency_in_progress")
    assert int(waiting.headers["retry-after"]) > 0
    crash(timedelta(seconds=-1))
    taken_over = share(person, resume_id)
    assert taken_over.status_code == 201
    assert "idempotency-replayed" not in taken_over.headers


def test_stored_answers_hold_no_token(service: Service, person: Person) -> None:
    token = share(person, person.add_resume()).json()["token"]
    stored = service.rows("select response_body from cvstomize.idempotency_keys where user_id = %s", person.user_id)
    assert token.encode() not in bytes(stored[0][0])


def test_a_malformed_key_is_refused(person: Person) -> None:
    answer = person.post(f"/api/resume/{person.add_resume()}/share", json={}, headers={"Idempotency-Key": "a b"})
    assert answer.status_code == 422


def test_sealing_is_bound_to_row_and_secret() -> None:
    row = new_id()
    sealed = seal("secret", row, b"answer")
    assert unseal("secret", row, sealed) == b"answer"
    assert unseal("secret", new_id(), sealed) is None
    assert unseal("other", row, sealed) is None
