"""Why somebody does what must be answered for: whether what he wrote says anything."""

from __future__ import annotations

from unicodedata import category


def says_something(reason: str) -> bool:
    """Whether there is something to see in it, and nothing but line breaks that no terminal or page can show."""
    seen = any(one.isprintable() and not one.isspace() for one in reason)
    return seen and not any(category(one) in ("Cc", "Cs") and one not in "\t\r\n" for one in reason)
