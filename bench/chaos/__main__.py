"""`python -m bench.chaos --callers 65 --fault SIGKILL`: exit code 1 if a promise is broken."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from bench.chaos.audit import audit, table
from bench.chaos.drive import Cast, Stage, configuration, fault
from tests.support.centre import Centre


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--callers", type=int, default=65)
    parser.add_argument("--talking", type=int, default=10, help="agents who pick up at once")
    parser.add_argument("--ringing", type=int, default=5, help="agents who let it ring")
    parser.add_argument("--talk-ms", type=int, default=12_000)
    parser.add_argument("--ring-ms", type=int, default=15_000)
    parser.add_argument("--fault", choices=("SIGKILL", "SIGSTOP", "none"), default="SIGKILL")
    parser.add_argument("--times", type=int, default=1, help="how often the fault comes, 3 s apart")
    parser.add_argument("--no-audio", action="store_true", help="do not watch the callers' audio")
    parser.add_argument("--home", type=Path, help="keep the centre's folder here")
    return parser.parse_args()


def _cast(options: argparse.Namespace) -> Cast:
    return Cast(
        callers=options.callers,
        talking=options.talking,
        ringing=options.ringing,
        talk_ms=options.talk_ms,
        ring_ms=options.ring_ms,
        audio=not options.no_audio,
    )


def _written_config(home: Path, cast: Cast) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    path = home / "chaos.yaml"
    path.write_text(configuration(cast))
    return path


async def _play(options: argparse.Namespace, home: Path) -> int:
    cast = _cast(options)
    config = _written_config(home, cast)
    async with Centre.running(home / "centre", config) as centre:
        stage = Stage(centre, cast, home / "sipp")
        try:
            await stage.open()
            await stage.fill()
            for _ in range(options.times if options.fault != "none" else 0):
                took_s = await fault(centre, signal.Signals[options.fault])
                print(f"{options.fault}: another server answers after {took_s:.2f} s")
                await asyncio.sleep(3)
            try:
                await stage.served()
            except AssertionError as unserved:
                print(f"NOT EVERYBODY WAS SERVED: {unserved}")
            accounts = await stage.accounts()
        finally:
            await stage.close()
    print("\n".join(table(accounts)))
    violations = audit(accounts)
    for violation in violations:
        print(f"VIOLATION  {violation.promise}: {violation.who}: {violation.what}")
    print(f"{len(accounts.callers)} callers, {len(accounts.agents)} offers, {len(violations)} violations")
    return 1 if violations or len(accounts.callers) < cast.callers else 0


def main() -> int:
    options = _arguments()
    if options.home:
        return asyncio.run(_play(options, options.home))
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        return asyncio.run(_play(options, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
