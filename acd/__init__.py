"""The automatic call distributor: pure, synchronous, without clock, network or log."""
