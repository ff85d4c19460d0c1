from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from acd.stats.kpi_book import By, Shape
from acd.stats.kpi_counts import Goal
from centralita.web.kpis_ports import Broken, ReportBrokenError, ReportsBusyError, TooMuchError
from centralita.web.ports import HistoryUnavailableError
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}
DAY_MS = 86_400_000
MIDNIGHT_MS = 1_795_474_800_000
"""2026-11-24 in Madrid."""


async def get(http: aiohttp.ClientSession, url: str) -> tuple[int, Any]:
    async with http.get(url, headers=BEARER) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_each_number_carries_its_definition_and_what_it_was_divided_by(
    http: aiohttp.ClientSession, base: str
) -> None:
    """One of two in time: 50 % by sl-v1, with numerator, denominator and the queue's goal beside it."""
    status, said = await get(http, base + "/api/kpis?from=2026-11-24&by=queue")

    assert status == 200
    (row,) = said["rows"]
    assert row["key"] == "ventas"
    assert row["figures"]["sl-v1"] == {"value": 0.5, "numerator": 1, "denominator": 2}
    assert row["figures"]["wait-p50-v1"] == {"value": 10_000, "numerator": None, "denominator": 2}
    assert row["figures"]["abandon-v1"]["value"] == 0
    assert row["figures"]["occupancy-v1"]["value"] is None
    assert row["counts"]["offered"] == said["total"]["counts"]["offered"] == 2
    assert said["goals"] == {"ventas": {"target_ms": 20_000, "short_ms": 5_000}}


async def test_today_by_queue_is_what_nobody_has_to_ask_for(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """From the centre's midnight until now."""
    await get(http, base + "/api/kpis")
    now_ms = server.kpis.now_ms()

    assert server.kpis.read_ == [(Shape(By.QUEUE, (MIDNIGHT_MS, now_ms)), Goal(20_000, 5_000))]


@pytest.mark.parametrize(
    ("asked", "from_ms"),
    [
        ("from=2026-11-24T09:30", MIDNIGHT_MS + 34_200_000),
        ("from=2026-11-24T08:30:00Z", MIDNIGHT_MS + 34_200_000),
        ("from=2026-11-24T09:30%2B01:00", MIDNIGHT_MS + 34_200_000),
        ("from=2026-11-24T09:30 01:00", MIDNIGHT_MS + 34_200_000),
        (f"from={MIDNIGHT_MS}", MIDNIGHT_MS),
        ("from=2026-11-24&zone=UTC", MIDNIGHT_MS + 3_600_000),
    ],
)
async def test_moments_are_written_as_people_write_them(
    http: aiohttp.ClientSession, base: str, server: FakeServer, asked: str, from_ms: int
) -> None:
    """A date is local midnight, a time is local unless it says otherwise, a number is UTC milliseconds."""
    assert (await get(http, f"{base}/api/kpis?{asked}"))[0] == 200

    assert server.kpis.read_[0][0].bounds[0] == from_ms


async def test_every_interval_has_a_row_even_an_empty_one(http: aiohttp.ClientSession, base: str) -> None:
    """A morning in half hours, with the local time of each."""
    url = "/api/kpis?from=2026-11-24T09:00&to=2026-11-24T10:10&by=interval&interval=30m"
    _, said = await get(http, base + url)

    assert [row["begins"][11:16] for row in said["rows"]] == ["09:00", "09:30", "10:00"]
    assert said["rows"][2]["ends"] == "2026-11-24T10:10:00+01:00"
    assert said["rows"][0]["figures"]["sl-v2"]["value"] is None


async def test_goals_can_be_others_for_once(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """The law's three minutes instead of the queue's own target."""
    await get(http, base + "/api/kpis?target=3m&short=0s")

    assert server.kpis.read_[0][1] == Goal(180_000, 0)


async def test_the_list_behind_a_number(http: aiohttp.ClientSession, base: str) -> None:
    """Contacts by name, how often each counts, and the sum: the number itself. By count or by figure."""
    status, said = await get(http, base + "/api/kpis/contacts?figure=abandon-v2&key=ventas")

    assert (status, said["count"], said["amount"]) == (200, "abandoned", 3)
    assert said["contacts"] == [{"id": "c1", "amount": 2}, {"id": "c2", "amount": 1}]


async def test_definitions_are_told_in_both_languages(http: aiohttp.ClientSession, base: str) -> None:
    """Id, names, formula over counts, unit and source of every figure; the names of every count."""
    _, said = await get(http, base + "/api/kpis/definitions")
    figures = {found["id"]: found for found in said["figures"]}

    assert figures["sl-v2"]["formula"] == "answered_in_time / (answered + abandoned - abandoned_short)"
    assert all(found["es"] and found["en"] for found in [*said["figures"], *said["counts"]])


@pytest.mark.parametrize(
    ("asked", "key", "hint"),
    [
        ("/api/kpis?from=ayer", "from", "2026-11-22"),
        ("/api/kpis?from=0001-01-01", "from", "2026-11-22"),
        ("/api/kpis?from=2026-11-24&to=2026-11-23", "to", "from"),
        ("/api/kpis?from=2020-01-01", "from", "400"),
        ("/api/kpis?by=quene", "by", "queue"),
        ("/api/kpis?by=interval&interval=20m", "interval", "30m"),
        ("/api/kpis?interval=30m", "interval", "by=interval"),
        ("/api/kpis?from=2026-01-01&by=interval&interval=15m", "interval", "5000"),
        ("/api/kpis?zone=Madrid", "zone", "Europe/Madrid"),
        ("/api/kpis?target=20", "target", "20s"),
        ("/api/kpis?form=2026-11-24", "form", "from"),
        ("/api/kpis/contacts?figure=abandonned", "figure", "abandoned"),
        ("/api/kpis/contacts?figure=asa-v1", "figure", "known"),
        ("/api/kpis/contacts?figure=abandoned&by=interval&key=ventas", "key", "whole number"),
    ],
)
async def test_a_wrong_parameter_is_named_with_its_mend(
    http: aiohttp.ClientSession, base: str, server: FakeServer, asked: str, key: str, hint: str
) -> None:
    """400, in both languages; the database is not asked."""
    status, problem = await get(http, base + asked)

    assert (status, problem["key"]) == (400, key)
    assert hint in problem["en"] or (problem["title"] == "bad_request" and "did you mean" in problem["en"])
    assert problem["es"] and server.kpis.read_ == []


async def test_what_is_too_much_is_said(http: aiohttp.ClientSession, base: str, server: FakeServer) -> None:
    """How many contacts it would be, and how to ask for fewer."""
    server.kpis.trouble = TooMuchError(300_000, 200_000)
    status, problem = await get(http, base + "/api/kpis")

    assert (status, problem["key"]) == (400, "from")
    assert "300000" in problem["es"] and "200000" in problem["en"]


async def test_a_database_that_does_not_answer_is_503(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """Calls go on; the question can be asked again."""
    server.kpis.trouble = HistoryUnavailableError()

    assert (await get(http, base + "/api/kpis"))[0] == 503
    assert (await get(http, base + "/api/kpis/contacts?figure=lost"))[0] == 503


async def test_a_centre_that_is_busy_with_reports_says_so(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """503 with what to do: not an error of the caller, and nothing that calls would notice."""
    server.kpis.trouble = ReportsBusyError()
    status, problem = await get(http, base + "/api/kpis")

    assert (status, problem["title"]) == (503, "reports_busy")
    assert "repita" in problem["es"] and "try again" in problem["en"]


@pytest.mark.parametrize("why", list(Broken))
async def test_a_report_that_broke_off_is_503(
    http: aiohttp.ClientSession, base: str, server: FakeServer, why: Broken
) -> None:
    """Why, and how to get it all the same; each reason has a word of its own for programs."""
    server.kpis.trouble = ReportBrokenError(why)
    status, problem = await get(http, base + "/api/kpis/contacts?figure=lost")

    assert (status, problem["title"]) == (503, f"report_{why.name.lower()}")
    assert "«" in problem["es"] or "Repita" in problem["es"]
