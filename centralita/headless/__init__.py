"""
An agent without a person: signs in, takes calls with a real SIP phone and follows a small script.

It uses what any desktop and any telephone could use, and nothing else: the event stream with its
commands, and SIP. So it is the agent of the demonstration and of tests, and an example for whoever
writes a desktop.
"""
