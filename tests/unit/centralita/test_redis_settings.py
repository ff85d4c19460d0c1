"""What the environment says of the Redis Stream."""

from __future__ import annotations

import pytest

from centralita.redis_settings import Settings, SettingsError, settings_of

pytestmark = pytest.mark.unit

URL = "redis://:secret@localhost:6379/0"


def test_without_a_url_there_is_no_stream() -> None:
    """The other variables alone ask for nothing."""
    assert settings_of({"REDIS_STREAM": "x"}) is None
    assert settings_of({"REDIS_URL": " "}) is None


def test_a_url_is_enough() -> None:
    """Trimmed, and without names."""
    assert settings_of({"REDIS_URL": URL}) == Settings(URL, "centralita:events", 100_000, personal=False)


def test_everything_can_be_said() -> None:
    """0 keeps all entries."""
    environ = {"REDIS_URL": URL, "REDIS_STREAM": "a", "REDIS_STREAM_MAXLEN": "0", "REDIS_PERSONAL": "Sí"}
    assert settings_of(environ) == Settings(URL, "a", 0, personal=True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis://localhost:puerto"),
        ("REDIS_STREAM_MAXLEN", "-1"),
        ("REDIS_STREAM_MAXLEN", "mil"),
        ("REDIS_PERSONAL", "quizá"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(name: str, text: str) -> None:
    """The message names the variable, and never tells the password of the URL."""
    with pytest.raises(SettingsError) as refused:
        settings_of({"REDIS_URL": URL, name: text})
    assert name in str(refused.value) and "secret" not in str(refused.value)


def test_a_password_is_in_no_message() -> None:
    """Also when the URL around it is wrong."""
    with pytest.raises(SettingsError) as refused:
        settings_of({"REDIS_URL": "http://:secret@localhost"})
    assert "secret" not in str(refused.value)
