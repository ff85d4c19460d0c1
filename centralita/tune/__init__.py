"""Finds the numbers of the policy `tuned` by simulation; proposes, and never publishes."""
