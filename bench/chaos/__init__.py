"""
Kill and freeze our own server under live calls, then compare three accounts of the same calls:
what the telephones saw (SIPp), what Asterisk says (AMI), what the server recorded (its API).
"""
