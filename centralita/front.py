"""The outer side: pages and API, people and their rights, reports, and whoever is told of events."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from aiohttp import web

from acd.model import ContactId
from centralita.clock import wall_clock_ms
from centralita.core import Core
from centralita.customers import Customers
from centralita.customers import Ports as CustomerPorts
from centralita.explain.answer import Explainer
from centralita.kpis.clerk import Clerk
from centralita.kpis.service import Ports as ReportPorts
from centralita.kpis.service import Reports
from centralita.people.oidc import settings_of as oidc_settings
from centralita.people.opening import Opening
from centralita.process import tls
from centralita.redis_stream import Ports as RedisPorts
from centralita.redis_stream import RedisStream
from centralita.store.people import PeopleStore
from centralita.switching import Switching
from centralita.tasks import spawn
from centralita.web.agent_phone import agent_phone
from centralita.web.app import make_app, make_runner
from centralita.web.ports import AgentPhone, WebPhone, WebPorts
from centralita.web.web_phone import web_phone
from centralita.webhooks.filters import Sources
from centralita.webhooks.service import Webhooks
from config.rules.facts import facts_of


class Front:
    """
    Args:
        core: On which all of it stands.
        switching: Whom agents' orders go to.
        live: The whole live picture.
    """

    def __init__(self, core: Core, switching: Switching, live: Callable[[], Any]) -> None:
        self._core, self._switching, self._live = core, switching, live
        house = switching.conversing.services
        self._customers = Customers(
            CustomerPorts(
                core.projection,
                core.history,
                core.parties,
                self._forget,
                lambda: facts_of(core.config.live.config),
                wall_clock_ms,
                core.following.attached.learn,
                hashed=house.hasher.hash,
                erased=house.voicemail.remove_erased,
            )
        )
        self._reports = Reports(
            ReportPorts(
                core.home.database_url,
                core.projection.committed,
                core.state,
                core.clock.now_ms,
                core.config.zones,
            ),
            Clerk(core.home.log / "kpis.log"),
        )
        self.webhooks = Webhooks.of(
            core.home,
            core.projection,
            Sources(core.parties.enrich, core.story, core.queue_of, wall_clock_ms, core.outside_number),
            lambda: core.config.live.config.webhooks,
        )
        self.redis = RedisStream.of(
            os.environ, RedisPorts(core.events, core.hub.missed, wall_clock_ms, spawn)
        )
        self._people = Opening(
            core.home,
            PeopleStore(core.projection.engine, core.projection),
            lambda: core.config.live.config.agents,
            wall_clock_ms,
            oidc=oidc_settings(os.environ),
        )
        self._web: web.AppRunner | None = None

    @property
    def watched(self) -> bool:
        """Whether a program sees who calls."""
        return self.webhooks.active or self.redis.personal

    async def start(self) -> None:
        """Let people and programs in."""
        self._people.start(spawn)
        http = self._core.facts["http"]
        self._web = make_runner(make_app(self._ports(http)))
        await self._web.setup()
        port = self._core.facts["ports"]["http"]
        await web.TCPSite(self._web, http["bind"], port, ssl_context=tls(http), reuse_address=True).start()

    async def tell(self) -> None:
        """From now on programs are told of events; the database has caught up."""
        self.redis.start()
        await self.webhooks.start()

    async def close_pages(self) -> None:
        """Nobody asks any more."""
        await self._reports.close()
        if self._web is not None:
            await self._web.cleanup()

    async def close(self) -> None:
        """After the pages and the switch: nothing more happens that could be told."""
        await self.webhooks.close()
        await self.redis.close()
        await self._people.close()

    def _ports(self, http: dict[str, Any]) -> WebPorts:
        core = self._core
        return WebPorts(
            live=self._live,
            ready=self._ready,
            agents=self._switching.commands,
            history=core.history,
            explain=Explainer(core.history),
            customers=self._customers,
            config=core.config,
            kpis=self._reports,
            classifications=core.classifications.live,
            stream=core.hub,
            waits=core.waits.report,
            webhooks=self.webhooks,
            attached=core.following.attached,
            followed=core.following,
            callbacks=core.callbacks,
            said=self._switching.conversing.spoken,
            services=self._switching.conversing.services.web(),
            token=http["token"],
            allowed_hosts=frozenset(http["hosts"]),
            allowed_origins=frozenset(http["origins"]),
            web_phone=self._web_phone,
            agent_phone=self._agent_phone,
            disposition_lists=self._disposition_lists,
            office=self._people.office,
        )

    def _forget(self, contact_ids: frozenset[ContactId]) -> None:
        """A customer is erased; these are their contacts on the line, or promised a call."""
        self._core.callbacks.forget(contact_ids)
        self._switching.conversing.forget(contact_ids)
        self._core.books.forget(contact_ids)

    def _ready(self) -> tuple[bool, str]:
        if not self._switching.switch.ready:
            return False, "Asterisk todavía no responde / Asterisk does not answer yet"
        return True, ""

    def _web_phone(self) -> WebPhone | None:
        entries = self._core.config.live.config.entry.items()
        numbers = {number: entry.flow or entry.script or "" for number, entry in entries}
        return web_phone(self._core.facts, numbers)

    def _agent_phone(self, agent: str) -> AgentPhone | None:
        config = self._core.config.live.config
        known = config.agents.get(agent)
        if known is None:
            return None
        return agent_phone(self._core.home.read_centre(), known.phone, config.phones[known.phone].kind)

    def _disposition_lists(self) -> dict[str, list[str]]:
        queues = self._core.config.live.config.queues.items()
        return {name: list(queue.dispositions) for name, queue in queues if queue.dispositions}
