"""What is told when a model cannot be had."""

from __future__ import annotations


class ModelError(Exception):
    """A step failed for a reason that a person can mend; the text says which, Spanish / English."""


def failure(es: str, en: str) -> ModelError:
    return ModelError(f"{es} / {en}")
