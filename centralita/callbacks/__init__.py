"""Calls that are promised: to callers, by programs, from web pages."""
