"""A telephone without a person: scripted callers and agents with real SIP and real audio."""
