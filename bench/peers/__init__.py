"""
Rules that other products document, behind the simulator's `Router`: the same calls, the same agents.

They are emulations of documented behaviour, written from the documentation; the
products themselves are not run. What each line stands for is said in each module.
"""
