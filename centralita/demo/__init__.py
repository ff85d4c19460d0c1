"""
A believable company at work: SIP callers and agents that are programs, on a centre that is real.

Runs as a process of its own beside the centre (`make demo`): what it uses is what any
telephone and any CRM could use, so nothing in the centre knows that it is a demonstration.
"""
