"""What stands behind flows: look-ups, proofs, preferences, surveys, messages, and what a walk remembers."""
