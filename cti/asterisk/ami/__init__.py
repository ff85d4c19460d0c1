"""The Asterisk Manager Interface: what happens on the switch, and what we ask of it."""
