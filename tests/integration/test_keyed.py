"""What callers key and leave: numbers, secrets, messages, by the switch's own means and a real Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from cti.softphone.baresip import BaresipStack
from cti.softphone.voice import tone_pcm
from tests.support.audio import read_wav_8k, tone_ms
from tests.support.loud_ears import LoudEars
from tests.support.polling import eventually
from tests.support.questions import Questions, asking, hears, write_sound

pytestmark = pytest.mark.integration

PROMPT_HZ, CALLER_HZ = 440, 800


@pytest_asyncio.fixture(scope="module")
async def questions(
    tmp_path_factory: pytest.TempPathFactory, stack: BaresipStack
) -> AsyncIterator[Questions]:
    async with asking(tmp_path_factory.mktemp("keyed") / "home", stack, LoudEars()) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(questions: Questions) -> AsyncIterator[None]:
    yield
    await questions.everybody_leaves()


@pytest.fixture(scope="module")
def prompt(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three seconds of a tone that is told apart from everything else."""
    return write_sound(tmp_path_factory.mktemp("prompts") / "p", tone_pcm(PROMPT_HZ, duration_ms=3_000))


async def test_keys_are_gathered(questions: Questions, prompt: str) -> None:
    """Over the question or after it: up to so many, up to `#`, or until the caller stops."""
    call, visitor = await questions.caller()

    async def gathered(keys: str, sounds: tuple[str, ...]) -> str:
        gathering = asyncio.ensure_future(
            visitor.line.gather(sounds, 6, timeout_ms=1_500, between_ms=1_000, secret=False)
        )
        since = len(call.heard())
        if sounds and keys:
            await hears(call, PROMPT_HZ, since=since)
        if keys:
            await call.send_dtmf(keys)
        taken = await asyncio.wait_for(gathering, 20)
        await visitor.line.collect(500)
        return taken

    assert await gathered("123456", (prompt, prompt)) == "123456"
    assert await gathered("12#", ("/missing", prompt)) == "12"
    assert await gathered("12*", (prompt,)) == "12*"
    assert await gathered("#", (prompt,)) == ""
    assert await gathered("", ()) == ""


async def test_a_message_is_taken_and_silence_is_none(questions: Questions, prompt: str) -> None:
    """8 kHz WAV that only we can read; who says nothing, or only coughs, leaves no file."""
    call, visitor = await questions.caller()

    async def recorded(box: str, say: bytes) -> bool | None:
        recording = asyncio.ensure_future(
            visitor.line.record(box, (prompt,), longest_ms=15_000, silence_ms=2_000)
        )
        since = len(call.heard())
        await hears(call, PROMPT_HZ, ms=2_500, since=since)
        await eventually(lambda: questions.where(box).exists(), 10, "the recording has begun")
        call.say(say)
        return await asyncio.wait_for(recording, 30)

    assert await recorded("ventas", tone_pcm(CALLER_HZ, duration_ms=3_000)) is True
    message = questions.where("ventas")
    assert tone_ms(read_wav_8k(message), CALLER_HZ) > 2_500
    assert message.stat().st_mode & 0o077 == 0
    assert await recorded("nadie", bytes(16 * 1_000)) is False
    assert await recorded("tos", tone_pcm(CALLER_HZ, duration_ms=400)) is False
    assert not questions.where("nadie").exists() and not questions.where("tos").exists()


async def test_secret_keys_are_written_nowhere(
    questions: Questions, prompt: str, caplog: pytest.LogCaptureFixture
) -> None:
    """
    Not in a file of the installation, not in an event of our AMI account, not in our own log at any level.

    Neither whole nor key by key: nothing at all is said of keys.
    """
    caplog.set_level(0)
    secret = "7391582"
    async with questions.ami_log() as events:
        with capture_logs() as logs:
            call, visitor = await questions.caller()
            gathering = asyncio.ensure_future(
                visitor.line.gather((prompt,), 7, timeout_ms=5_000, between_ms=5_000, secret=True)
            )
            await hears(call, PROMPT_HZ)
            await call.send_dtmf(secret)
            assert await asyncio.wait_for(gathering, 20) == secret
            await questions.everybody_leaves()
        await eventually(lambda: b"Event: Hangup" in events, 10, "the switch tells its events")
    texts = {"events of our account": bytes(events), "our own log": f"{logs} {caplog.text}".encode()}
    texts |= {
        str(file.relative_to(questions.home)): file.read_bytes()
        for file in sorted(questions.home.rglob("*"))
        if file.is_file() and not file.is_symlink() and "data" not in file.relative_to(questions.home).parts
    }
    assert len(texts["log/messages.log"]) > 100
    for name, text in texts.items():
        assert secret.encode() not in text, name
        if not name.startswith("etc/"):
            assert b"dtmf" not in text.lower(), name
