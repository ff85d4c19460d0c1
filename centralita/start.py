"""
Everything between `make run` and a running centre: ports, secrets, sounds, the switch's files.

What is decided here is written to `run/centre.json` for the server, and for
tools of the same user; then the supervisor keeps both processes alive.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import shutil
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asr.sounds import SoundStore
from asr.synthesis import installed_synthesisers
from centralita.asking import trusting
from centralita.certificate import Certificate, certificate_for
from centralita.demo.keeper import keep_demo
from centralita.editions import load_or_last_good, versions_of
from centralita.home import Home, Secrets, knows_people, load_secrets
from centralita.install.asterisk import AsteriskInstall, ensure_asterisk
from centralita.install.ports import Ports, choose_ports
from centralita.people.oidc import OidcSettingsError, settings_of
from centralita.supervisor import Supervisor
from centralita.tasks import spawn
from centralita.telephony import SWITCH, Site, account_facts, instance
from config import build
from config.loader import Loaded, example
from cti.asterisk.files import ValueRefused
from cti.asterisk.instance import AMI_USER, Tls, troubles, write
from ivr.prompts import Catalogue

Say = Callable[[str], None]
IP_VERSION = 4
READY_WITHIN_S = 30
FIRST_WITHIN_S = 30


class StartError(RuntimeError):
    """The centre cannot start; the text says why and what to do, Spanish first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a start has decided."""

    home: Home
    config_path: Path
    loaded: Loaded
    ports: Ports
    secrets: Secrets
    asterisk: AsteriskInstall
    certificate: Certificate | None
    known: bool = False
    """People have been told apart here before: no first administrator is made."""

    @property
    def site(self) -> Site:
        tls = Tls(self.certificate.certificate, self.certificate.key) if self.certificate else None
        return Site(self.home, self.ports, self.asterisk.modules_dir, self.asterisk.share_dir, tls)

    @property
    def url(self) -> str:
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://{self.ports.bind}:{self.ports.http}"


async def prepare(home: Home, config: Path | None, environ: Mapping[str, str], say: Say) -> Plan:
    """
    Decide and make everything that a start needs; slow only the first time.

    Raises:
        StartError, HomeBusy, InstallError, ConfigError: With the reason and the mend.
    """
    home.make()
    home.lock()
    config_path = config or own_config(home)
    loaded, problems = load_or_last_good(config_path, versions_of(home, config_path))
    for problem in problems or loaded.warnings:
        say(str(problem))
    if problems:
        say(
            f"{config_path} tiene errores: arranca la última configuración buena ({loaded.version}). / "
            "has errors: the last good configuration starts."
        )
    _check_oidc(environ)
    ports = choose_ports(environ, say)
    certificate = _security(home, ports, environ)
    asterisk = ensure_asterisk(environ=environ, say=say)
    known = knows_people(home)
    secrets = load_secrets(home, [phone.name for phone in build.phones(loaded.config)])
    plan = Plan(home, config_path, loaded, ports, secrets, asterisk, certificate, known)
    catalogue = await _make_sounds(plan, say)
    made = instance(plan.site, loaded.config, config_path.parent, secrets, catalogue)
    try:
        write(made)
    except ValueRefused as error:
        raise StartError(f"{config_path}: {error}") from error
    for why in troubles(made).values():
        say(why)
    home.write_centre(_facts(plan, {}))
    return plan


def _check_oidc(environ: Mapping[str, str]) -> None:
    """Before the server finds it out, which could only fail."""
    try:
        settings_of(environ)
    except OidcSettingsError as error:
        raise StartError(str(error)) from error


def own_config(home: Home) -> Path:
    """The installation's configuration; the example is copied there the first time."""
    path = home.config / "centro.yaml"
    if not path.exists():
        shutil.copytree(example().parent, home.config, dirs_exist_ok=True)
    return path


async def run(plan: Plan, supervisor: Supervisor, say: Say, *, demo: bool = False) -> None:
    """
    Start both processes, say where to look and what to dial, and stay until a signal.

    Args:
        plan: What was decided.
        supervisor: Of the two processes.
        say: For the person at the terminal.
        demo: With the demonstration's callers and agents.
    """
    began = time.monotonic()
    supervisor.use(_asterisk_argv(plan, "-f"), lambda pids: plan.home.write_centre(_facts(plan, pids)))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.stop)
    spawn(_announce(plan, supervisor, began, say), name="announce")
    people = spawn(keep_demo(plan.home, supervisor.ready, say), name="demo") if demo else None
    await supervisor.run()
    if people is not None:
        people.cancel()
        await asyncio.wait((people,))
    plan.home.centre_file.unlink(missing_ok=True)
    say("Centralita parada. / Centralita stopped.")


async def _announce(plan: Plan, supervisor: Supervisor, began: float, say: Say) -> None:
    deadline = began + READY_WITHIN_S
    while not await asyncio.to_thread(_healthy, plan):
        if time.monotonic() > deadline:
            deadline = float("inf")
            say(f"Aún no está lista; mire {plan.home.log} / not ready yet; look into {plan.home.log}")
        await asyncio.sleep(0.05)
    supervisor.ready.set()
    for line in greeting(plan, time.monotonic() - began):
        say(line)
    for line in await first_sign_in(plan):
        say(line)


async def first_sign_in(plan: Plan) -> list[str]:
    """The administrator's one-time password, the one time that it is made; empty at every other start."""
    path, deadline = plan.home.first_sign_in, time.monotonic() + FIRST_WITHIN_S
    if plan.known and path.exists():
        return [f"  Administrador: aún no ha entrado nadie; la contraseña está en / password in {path}"]
    if plan.known:
        return []
    while not path.exists():
        if time.monotonic() > deadline:
            return []
        await asyncio.sleep(0.1)
    name, password = path.read_text(encoding="utf-8").split()
    return [
        "",
        f"  Administrador / administrator: {name}   contraseña / password: {password}",
        f"  Vale una vez, durante una semana; está también en {path} hasta que la cambie al entrar.",
        "  Good once, for a week; it is in that file too, until you change it when you sign in.",
    ]


def greeting(plan: Plan, took_s: float) -> list[str]:
    """Where to look and what to dial."""
    ports, entry = plan.ports, next(iter(plan.loaded.config.entry))
    who = (
        "sin contraseña / no password"
        if plan.certificate is None
        else (f"usuario / user: llamante, {plan.home.secrets_file} («caller»)")
    )
    secrets_file = plan.home.secrets_file
    return [
        "",
        f"Centralita lista en {took_s:.1f} s / ready: {plan.loaded.config.name}",
        f"  Panel / page:     {plan.url}/?token={plan.secrets.http_token}",
        f"  Llamar / dial:    sip:{entry}@{ports.bind}:{ports.sip}  ({who})",
        f"  Agentes / agents: {', '.join(sorted(plan.secrets.phones))}",
        f"                    teléfono SIP en / SIP phone at {ports.bind}:{ports.sip}",
        f"                    claves / passwords: {secrets_file}",
        f"  Configuración:    {plan.config_path}",
        f"  Puertos / ports:  {_ports_line(ports)}",
        "  Ctrl-C para parar / to stop",
    ]


def _ports_line(ports: Ports) -> str:
    rtp = f"{ports.rtp[0]}-{ports.rtp[1]}"
    named = {"http": ports.http, "sip": ports.sip, "ws": ports.ws, "ami": ports.ami, "agi": ports.agi}
    return ", ".join(
        [*(f"{name} {port}" for name, port in named.items()), f"rtp {rtp}", f"bind {ports.bind}"]
    )


def _healthy(plan: Plan) -> bool:
    context = trusting(None if plan.certificate is None else str(plan.certificate.certificate))
    try:
        with urllib.request.urlopen(f"{plan.url}/health", timeout=1, context=context) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _security(home: Home, ports: Ports, environ: Mapping[str, str]) -> Certificate | None:
    """On loopback nothing; anywhere else TLS, wss and SIP authentication together, or no start."""
    address = ipaddress.ip_address(ports.bind)
    if address.is_unspecified:
        raise StartError(
            f"BIND={ports.bind} no dice qué dirección dar a los teléfonos para el audio: ponga la dirección "
            f"de esta máquina en la red. / BIND={ports.bind} does not say which address phones shall send "
            "their audio to: give this machine's address on the network."
        )
    if address.version != IP_VERSION:
        raise StartError(
            f"BIND={ports.bind}: por ahora, solo direcciones IPv4. / "
            f"BIND={ports.bind}: for now, IPv4 addresses only."
        )
    if address.is_loopback:
        return None
    return certificate_for(home.tls, ports.bind, environ)


async def _make_sounds(plan: Plan, say: Say) -> Catalogue:
    config, folder = plan.loaded.config, plan.config_path.parent
    store = SoundStore(plan.home.sounds, installed_synthesisers(os.cpu_count() or 1))
    catalogue = Catalogue(build.prompts(config, folder), config.languages, store)

    def progress(done: int, total: int) -> None:
        if done in (1, total) or done % 25 == 0:
            say(f"Locuciones / prompts: {done}/{total}")

    ensured = await store.ensure(catalogue.to_render(), progress)
    for why in ensured.failed:
        say(why)
    return catalogue


def _asterisk_argv(plan: Plan, *args: str) -> list[str]:
    return plan.asterisk.argv("-C", str(plan.home.asterisk / "etc" / "asterisk.conf"), *args)


def _facts(plan: Plan, pids: dict[str, int]) -> dict[str, Any]:
    """The content of `centre.json`."""
    ports = plan.ports
    names = {ports.bind, "localhost", "127.0.0.1"} if plan.certificate is None else {ports.bind}
    certificate = plan.certificate
    return {
        "http": {
            "url": plan.url,
            "token": plan.secrets.http_token,
            "bind": ports.bind,
            "hosts": sorted(f"{name}:{ports.http}" for name in names),
            "origins": [],
            "certificate": str(certificate.certificate) if certificate else "",
            "key": str(certificate.key) if certificate else "",
        },
        "ports": asdict(ports),
        "ami": {"port": ports.ami, "user": AMI_USER, "secret": plan.secrets.ami},
        "agi_nonce": plan.secrets.agi_nonce,
        "switch": SWITCH,
        "config": str(plan.config_path.resolve()),
        "entry": next(iter(plan.loaded.config.entry)),
        "agents": {name: agent.phone for name, agent in plan.loaded.config.agents.items()},
        "asterisk": {
            "cli": _asterisk_argv(plan),
            "modules": str(plan.asterisk.modules_dir),
            "share": str(plan.asterisk.share_dir),
        },
        # As of now: a publication may have brought new phones since the start.
        **account_facts(plan.site, load_secrets(plan.home, ())),
        "pids": pids,
    }
