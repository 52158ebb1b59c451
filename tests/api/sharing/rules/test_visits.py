"""Who is a person, and how long they are known."""

from datetime import UTC, datetime, timedelta

import pytest

from api.sharing.rules.visits import automatic_readers, is_view, network_of, visitor_hash

NOW = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
PEOPLE = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "Mozilla/5.0 (Linux; Android 15; CUBOT X50) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
    # Links opened inside an app, by the person who uses it.
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Snapchat/12.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 [Pinterest/iOS]",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 [LinkedInApp]/9.30",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
]
SCANNERS = [
    "Pinterest/0.2 (+https://www.pinterest.com/bot.html)",
    "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots",
    "Viber/20.3.0.4 CFNetwork/1474 Darwin/23.0.0",
    "kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
    "Google (+https://developers.google.com/+/web/snippet/)",
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
    "Mozilla/5.0 (compatible; Cloudmark)",
    "Outlook-iOS/709.2226530.prod.iphone (3.24.1)",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
]


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers_are_people(agent: str) -> None:
    assert is_view("GET", {"user-agent": agent})
    assert is_view("GET", {"user-agent": agent, "sec-fetch-dest": "document"})
    assert not is_view("HEAD", {"user-agent": agent})


@pytest.mark.parametrize("agent", SCANNERS)
def test_scanners_are_not(agent: str) -> None:
    assert not is_view("GET", {"user-agent": agent})


@pytest.mark.parametrize("part", automatic_readers())
def test_every_listed_reader_is_not_a_person(part: str) -> None:
    assert part == part.lower()
    assert not is_view("GET", {"user-agent": f"Something ({part.upper()}) 1.0"})


def test_a_visitor_is_known_within_a_day_only() -> None:
    first = visitor_hash("secret", "203.0.113.9", "agent", NOW)
    assert first == visitor_hash("secret", "203.0.113.9", "agent", NOW + timedelta(minutes=29))
    others = [
        visitor_hash("secret", "203.0.113.9", "agent", NOW + timedelta(hours=1)),
        visitor_hash("secret", "203.0.113.8", "agent", NOW),
        visitor_hash("secret", "203.0.113.9", "other", NOW),
        visitor_hash("another", "203.0.113.9", "agent", NOW),
    ]
    assert first not in others


def test_ipv6_privacy_addresses_are_one_household() -> None:
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert network_of("unknown") == "unknown"
