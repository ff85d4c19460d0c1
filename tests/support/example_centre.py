"""Around the example centre: some of its customers, what it says, and filling it like the README."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import yaml

from config.loader import example
from ivr.templates import fill
from tests.support.centre import Centre
from tests.support.flow_centre import spoken

MARTA, STRANGER = "+34600111222", "+34600900900"
DOCUMENT, PIN, PARCEL = "12345678", "4271", "4052190032"
_TEXTS = yaml.safe_load(example().read_text("utf-8"))["prompts"]


async def import_customers(centre: Centre, config: Path) -> bool:
    """As the README says, of the table beside the configuration."""
    table = config.with_name("clientes.csv")
    argv = ["-m", "centralita", "customers", "import", str(table), "--home", str(centre.home)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return True


async def sentence(prompt: str, lang: str = "es", **values: str) -> bytes:
    """A prompt of the example with these values, as it is said."""
    text = fill(_TEXTS[prompt][lang], values, lang)
    assert text is not None
    return await spoken(text, lang)
