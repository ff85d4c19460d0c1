"""
Un guion AGI corriente, escrito con pyst2: saluda, pide una tecla y la repite.

An ordinary AGI script, written with pyst2: it greets, asks for a key and says it back.
"""

# ruff: noqa: INP001
from asterisk.agi import AGI

agi = AGI()
agi.answer()
agi.verbose(f"saludo: llama {agi.env.get('agi_callerid', 'desconocido')}")
agi.stream_file("hello-world")
digit = agi.wait_for_digit(5000)
if digit:
    agi.say_number(digit)
agi.stream_file("vm-goodbye")
agi.hangup()
