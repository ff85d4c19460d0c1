"""`centralita flow`: run the conversations of a configuration without a phone, and draw its flows."""
