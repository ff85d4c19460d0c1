from __future__ import annotations

import pytest

from ivr import house_prompts, prompts
from ivr.flow import PromptId
from ivr.templates import places

pytestmark = pytest.mark.unit

SENTENCES = {name: value for name, value in vars(house_prompts).items() if name.isupper()}
TAKES = {"HEARD": {"said"}, "USE_KEYPAD": {"key"}, "READ_BACK": {"digits"}}


@pytest.mark.parametrize("name", SENTENCES)
def test_every_sentence_that_a_walk_asks_for_has_its_words(name: str) -> None:
    """In Spanish and English, with the places that the walk fills."""
    texts = prompts.SERVICE_TEXTS[PromptId(SENTENCES[name])]

    assert {"es", "en"} <= set(texts)
    assert all({place.name for place in places(text)} == TAKES.get(name, set()) for text in texts.values())
