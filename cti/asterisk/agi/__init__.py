"""FastAGI: while the menu talks to a caller, this is how it reaches the channel."""
