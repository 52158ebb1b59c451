"""Share links against a real server: private by default, closed at once, counted exactly."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.running_service import BROWSER, Person, Service

PROFILE = {
    "basics": {"name": "Ada <Example>", "label": "Engineer", "email": "ada@example.com", "phone": "+1 415 555 0134"}
}


def share(person: Person, resume_id: str, **body: Any) -> dict[str, Any]:
    answer = person.post(f"/api/resume/{resume_id}/share", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def visit(service: Service, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    with service.client() as client:
        return client.request(method, path, headers={"User-Agent": BROWSER, **headers})


def views(person: Person, resume_id: str) -> int:
    return int(person.get(f"/api/resume/{resume_id}/engagement").json()["viewedCount"])


def test_private_until_shared_and_again_after(service: Service, person: Person) -> None:
    person.add_profile(PROFILE)
    resume_id = person.add_resume()
    assert person.get(f"/api/resume/{resume_id}/share").json() == {
        "resumeId": resume_id, "shared": False, "sharedCount": 0, "links": [],
    }  # fmt: skip
    link = share(person, resume_id)
    path = f"/r/{link['token']}"
    assert link["url"].endswith(path)
    assert visit(service, path).status_code == 200
    assert visit(service, f"{path}/resume.pdf").content.startswith(b"%PDF")
    assert person.delete(f"/api/resume/{resume_id}/share").status_code == 204
    assert visit(service, path).status_code == 404
    assert visit(service, f"{path}/resume.pdf").status_code == 404
    assert person.get(f"/api/resume/{resume_id}/share").json()["shared"] is False


@pytest.mark.parametrize("end", ["private", "private and shared anew", "expired", "resume deleted", "account deleted"])
def test_a_closed_link_stays_closed_however_it_is_asked(service: Service, end: str) -> None:
    person = service.person()
    person.add_profile(PROFILE)
    resume_id = person.add_resume()
    link = share(person, resume_id, password="plum tree 7", expiresInDays=1)
    path, owner = f"/r/{link['token']}", link["ownerUrl"].removeprefix("http://testserver")
    with service.client(headers={"User-Agent": BROWSER}) as browser:  # its cookies know the password and the owner
        assert browser.post(path, data={"password": "plum tree 7"}).status_code == 303
        assert browser.get(owner).status_code == 200
        page = browser.get(f"{path}/resume.pdf")
        assert page.status_code == 200
        if end.startswith("private"):
            assert person.delete(f"/api/resume/{resume_id}/share").status_code == 204
        if end == "private and shared anew":
            assert browser.get(f"/r/{share(person, resume_id)['token']}").status_code == 200
        if end == "resume deleted":
            assert person.delete(f"/api/resume/{resume_id}").status_code == 204
        if end == "account deleted":
            assert person.delete("/api/me").status_code == 202
        with service.clock.moved(hours=25 if end == "expired" else 0):
            seen = {page.headers.get("etag", '"x"'), "*"}
            headers: list[dict[str, str]] = [
                {},
                {"Authorization": f"Bearer {person.token}"},
                {"Range": "bytes=0-99"},
                {"Accept": "application/pdf"},
                *({"If-None-Match": tag} for tag in seen),
            ]
            encoded = "".join(f"%{ord(letter):02X}" for letter in link["token"])
            asked = [path, owner, f"{path}/resume.pdf", f"/r/{encoded}", f"/r/{encoded}/resume.pdf"]
            asked.append(owner.replace("?", "/resume.pdf?"))
            statuses = {
                (method, where, str(extra)): browser.request(method, where, headers=extra).status_code
                for where in asked
                for method in ("GET", "HEAD")
                for extra in headers
            }
            assert {key: status for key, status in statuses.items() if status != 404} == {}
            assert browser.post(path, data={"password": "plum tree 7"}).status_code == 404
            for odd in (f"{path}/", f"{path}//resume.pdf", f"{path}/resume.pdf/", f"/r//{link['token']}"):
                assert browser.get(odd, follow_redirects=True).status_code == 404, odd


def test_tokens_are_random_and_stored_hashed(service: Service, person: Person) -> None:
    resume_id = person.add_resume()
    tokens = {share(person, resume_id)["token"] for _ in range(3)}
    assert len(tokens) == 3
    assert all(len(token) == 22 for token in tokens)
    stored = service.rows("select token_sha256 from cvstomize.share_links where resume_id = %s", resume_id)
    assert not tokens & {row[0] for row in stored}


def test_the_page_is_escaped_closed_and_unindexed(service: Service, person: Person) -> None:
    person.add_profile(PROFILE)
    answer = visit(service, f"/r/{share(person, person.add_resume())['token']}")
    assert "Ada &lt;Example&gt;" in answer.text
    assert "&lt;b&gt;things&lt;/b&gt;" in answer.text
    assert "<script" not in answer.text
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<meta property="og:title" content="Ada &lt;Example&gt;">' in answer.text


def test_expired_links_close(service: Service, person: Person) -> None:
    token = share(person, person.add_resume(), expiresInDays=1)["token"]
    with service.clock.moved(hours=25):
        assert visit(service, f"/r/{token}").status_code == 404


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}),
        ("GET", {"User-Agent": "facebookexternalhit/1.1"}),
        ("GET", {"User-Agent": "WhatsApp/2.23.20.0"}),
        ("GET", {"User-Agent": "TelegramBot (like TwitterBot)"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Proofpoint URL Defense"}),
        ("GET", {"User-Agent": ""}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Sec-Fetch-Dest": "image"}),
        ("GET", {"Sec-Purpose": "prefetch;anonymous-client-ip"}),
        ("GET", {"X-Moz": "PREFETCH"}),
        ("GET", {"X-Purpose": "preview"}),
        ("GET", {"User-Agent": "Viber/20.3.0.4 CFNetwork/1474 Darwin/23.0.0"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Cloudmark"}),
    ],
)
def test_scanners_previews_and_prefetch_do_not_count(
    service: Service, person: Person, method: str, headers: dict[str, str]
) -> None:
    resume_id = person.add_resume()
    path = f"/r/{share(person, resume_id)['token']}"
    assert visit(service, path, method, **headers).status_code == 200
    assert views(person, resume_id) == 0
    visit(service, path)
    assert views(person, resume_id) == 1


def test_the_owner_does_not_count(service: Service, person: Person) -> None:
    resume_id = person.add_resume()
    link = share(person, resume_id)
    with service.client(headers={"User-Agent": BROWSER}) as browser:
        assert browser.get(link["ownerUrl"].removeprefix("http://testserver")).status_code == 200
        assert browser.get(f"/r/{link['token']}").status_code == 200
    assert visit(service, f"/r/{link['token']}", Authorization=f"Bearer {person.token}").status_code == 200
    assert views(person, resume_id) == 0


def test_a_visitor_counts_once_an_hour_and_leaves_no_address(service: Service, person: Person) -> None:
    resume_id = person.add_resume()
    path = f"/r/{share(person, resume_id)['token']}"
    for _ in range(3):
        visit(service, path)
    assert views(person, resume_id) == 1
    with service.clock.moved(hours=1):
        visit(service, path)
    assert views(person, resume_id) == 2
    events = service.rows("select t::text from cvstomize.view_events t where resume_id = %s", resume_id)
    assert not any("127.0.0.1" in row[0] or "Firefox" in row[0] for row in events)


def test_reading_counters_changes_nothing(person: Person) -> None:
    resume_id = person.add_resume()
    share(person, resume_id)
    first = person.get(f"/api/resume/{resume_id}/engagement").json()
    assert first["sharedCount"] == 1
    assert person.get(f"/api/resume/{resume_id}/engagement").json() == first


def test_a_password_protects_page_file_and_preview(service: Service, person: Person) -> None:
    person.add_profile(PROFILE)
    resume_id = person.add_resume()
    link = share(person, resume_id, password="plum tree 7")
    assert link["hasPassword"] is True
    path = f"/r/{link['token']}"
    with service.client(headers={"User-Agent": BROWSER}) as browser:
        closed = browser.get(path)
        assert "Ada" not in closed.text
        assert "og:title" not in closed.text
        assert browser.get(f"{path}/resume.pdf").status_code == 404
        assert browser.post(path, data={"password": "wrong one"}).status_code == 403
        assert browser.post(path, data={"password": "plum tree 7"}).status_code == 303
        assert "Ada" in browser.get(path).text
        assert browser.get(f"{path}/resume.pdf").content.startswith(b"%PDF")
    assert "Ada" not in visit(service, path).text
    hashes = service.rows("select password_hash from cvstomize.share_links where resume_id = %s", resume_id)
    assert re.match(r"\$argon2id\$", hashes[0][0])


def test_a_short_password_is_refused_in_words_of_passwords(person: Person) -> None:
    person.add_profile(PROFILE)
    refused = person.client.post(f"/api/resume/{person.add_resume()}/share", json={"password": "short"})
    assert refused.json()["errors"] == [
        {"pointer": "/password", "code": "too_short", "message": "Send at least 8 characters."}
    ]


def test_a_password_for_an_open_link_is_not_asked(service: Service, person: Person) -> None:
    path = f"/r/{share(person, person.add_resume())['token']}"
    with service.client() as client:
        answer = client.post(path, data={"password": "whatever"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)


def test_guessing_a_password_is_bounded(service: Service, person: Person) -> None:
    path = f"/r/{share(person, person.add_resume(), password='plum tree 7')['token']}"
    with service.client() as client:
        statuses = [client.post(path, data={"password": f"guess {number}"}).status_code for number in range(12)]
    assert statuses == [403] * 10 + [429] * 2


@pytest.mark.parametrize("token", ["a", "A" * 22, "..", "%00", "A" * 65, "é"])
def test_unknown_tokens_are_404(service: Service, token: str) -> None:
    assert visit(service, f"/r/{token}").status_code == 404


@pytest.mark.slow
def test_fifty_views_and_shares_at_once_are_exact(service: Service, person: Person) -> None:
    resume_id = person.add_resume()
    path = f"/r/{share(person, resume_id)['token']}"

    def until_served(call: Any) -> int:
        for _ in range(30):
            status = call().status_code
            if status != 503:
                return int(status)
        return 503

    with ThreadPoolExecutor(50) as pool:
        shared = pool.map(
            lambda _: until_served(lambda: person.post(f"/api/resume/{resume_id}/share", json={})), range(49)
        )
        assert set(shared) == {201}
        # Not repeated after a 503: whoever is counted was served.
        seen = list(
            pool.map(lambda n: visit(service, path, **{"User-Agent": f"{BROWSER} n{n}"}).status_code, range(50))
        )
    engagement = person.get(f"/api/resume/{resume_id}/engagement").json()
    assert engagement["sharedCount"] == 50
    assert engagement["viewedCount"] == seen.count(200)
    assert service.rows("select count(*) from cvstomize.view_events where resume_id = %s", resume_id) == [
        (seen.count(200),)
    ]
