"""The stream of a real centre, and a client that was away while its server was killed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest

from tests.integration.conftest import AGENTS
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import config_text, write_config

pytestmark = pytest.mark.integration


async def has_database(centre: Centre) -> bool:
    """Calls are taken before it is there: until then the history answers 503, which is an AssertionError."""
    return bool(await centre.http_get("/api/contacts"))


async def heard(centre: Centre, resume_from: int | None, until: str) -> list[dict[str, Any]]:
    """What one connection tells, from hello to the first message of a type."""
    facts = centre.facts()["http"]
    asked = {} if resume_from is None else {"resume_from": str(resume_from)}
    found: list[dict[str, Any]] = []
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {facts['token']}"}) as http,
        http.ws_connect(f"{facts['url']}/api/events", params=asked) as socket,
    ):
        while not found or found[-1]["type"] != until:
            found.append(json.loads(await socket.receive_str(timeout=10)))
    return found


SHOWN = (
    "/api/live",
    "/api/waits",
    "/api/config",
    "/api/contacts",
    "/api/kpis",
    "/api/kpis/definitions",
    "/api/webhooks",
)


def check_answer(document: dict[str, Any], path: str, body: object) -> None:
    """Raises jsonschema.ValidationError when a real answer is none of the published ones."""
    answer = document["paths"][path]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    jsonschema.validate(body, {**schema, "components": document["components"]})


async def test_a_client_that_was_away_over_a_kill_hears_all_it_missed(tmp_path: Path) -> None:
    """
    The last number heard still means the same event: what preceded the kill, then the new start.

    What the centre shows before is as its own published contract says.
    """
    config = write_config(tmp_path / "config", config_text(AGENTS))
    agent = "ana"
    async with Centre.running(tmp_path / "home", config) as centre:
        await centre.http_post(f"/api/agents/{agent}/presence", {"presence": "not_ready", "reason": "uno"})
        last = (await heard(centre, None, "snapshot"))[-1]["seq"]
        for reason in ("dos", "tres"):
            await centre.http_post(
                f"/api/agents/{agent}/presence", {"presence": "not_ready", "reason": reason}
            )
        document = await centre.http_get("/api/contract/openapi.json")
        await eventually(lambda: has_database(centre), 10, "the database of a new installation")
        for path in SHOWN:
            check_answer(document, path, await centre.http_get(path))
        killed = centre.kill_server()

        async def back() -> bool:
            assert centre.server_pid() != killed
            return await centre.health() == 200

        await eventually(back, 20, "another server")
        hello, *missed, snapshot = await heard(centre, last, "snapshot")

    assert hello["data"]["resumed"] is True
    numbers = [event["seq"] for event in missed]
    assert numbers == sorted(set(numbers)) and numbers[0] > last
    states = [event["data"] for event in missed if event["type"] == "agent.state"]
    reasons = [state["reason"] for state in states if state["agent"] == agent]
    assert [reason for n, reason in enumerate(reasons) if reason not in reasons[:n]][:2] == ["dos", "tres"]
    assert "server.started" in [event["type"] for event in missed]
    assert snapshot["seq"] >= numbers[-1]
