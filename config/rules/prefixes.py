"""
The language that a telephone number suggests, by its calling code.

Only codes where one language is a fair guess for everybody; of all others
(Switzerland, Belgium, Canada's provinces, …) nothing is said. A guess: let what
the customer chose or what their record says go first.
"""

from __future__ import annotations

_CODES = {
    "es": (
        "34",                                                             # Spain
        "52", "53", "54", "56", "57", "58", "51",                         # MX CU AR CL CO VE PE
        "502", "503", "504", "505", "506", "507",                         # GT SV HN NI CR PA
        "591", "593", "595", "598",                                       # BO EC PY UY
        "1787", "1939", "1809", "1829", "1849",                           # Puerto Rico, Dominican Republic
    ),
    "en": ("44", "1"),
    "pt": ("351", "55"),
    "fr": ("33",),
    "it": ("39",),
    "de": ("49",),
}  # fmt: skip

_LANGUAGES = {f"+{code}": language for language, codes in _CODES.items() for code in codes}
_LENGTHS = sorted({len(code) for code in _LANGUAGES}, reverse=True)


def language_of(number: str) -> str | None:
    """
    The language of a number's longest known beginning.

    Args:
        number: E.164, with its `+`.

    Returns:
        Two letters, or None where the number says nothing.
    """
    for length in _LENGTHS:
        found = _LANGUAGES.get(number[:length])
        if found is not None:
            return found
    return None


def table() -> dict[str, tuple[str, ...]]:
    """Language -> calling codes, for the documentation."""
    return dict(_CODES)
