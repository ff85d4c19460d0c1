"""AudioSocket: the sound of one caller, both ways, while the menu listens."""
