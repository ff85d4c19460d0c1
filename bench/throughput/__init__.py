"""The whole path of a call, as fast as it goes, beside Asterisk's own app_queue."""
