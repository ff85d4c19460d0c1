"""Simulated time: the engine under drawn arrivals, or any other router under the same ones. Pure."""
