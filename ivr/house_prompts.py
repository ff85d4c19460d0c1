"""
Sentences of the house that a walk asks for by itself, by name. Pure.

Their texts stand in `ivr.prompts`; a prompt of the same name in the configuration replaces them.
"""

from __future__ import annotations

from ivr.flow import PromptId

HEARD = PromptId("ha_dicho")
"""Takes `said`: what the caller is taken to have said."""
NOT_UNDERSTOOD = PromptId("no_entendido")
USE_KEYPAD = PromptId("usar_teclado")
"""Takes `key`: the name of a key, as it is spoken."""
READ_BACK = PromptId("leido")
"""Takes `digits`."""
CONFIRM_KEYS = PromptId("confirmar")
WRONG_NUMBER = PromptId("numero_no_valido")
NOT_PROVEN = PromptId("no_coincide")
