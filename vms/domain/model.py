"""What the models of a configuration have in common. Not here: any of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

ID_PATTERN = r"[a-z0-9][a-z0-9-]{0,62}"

Id = Annotated[str, Field(pattern=rf"^{ID_PATTERN}$", description="lower-case letters, digits and '-', at most 63")]

#: Controls, marks of direction, halves of characters, ends of lines and paragraphs (Unicode's general categories).
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def _legible(name: str, info: ValidationInfo) -> str:
    """What is shown in lists and alerts; control characters turn a line round or end it (U+202E, line breaks, NUL)."""
    said = (info.data.get("id"), name)  # an old name is its bearer's alone
    if newly_stated(info, said) and (not name.strip() or any(unicodedata.category(one) in _UNSEEN for one in name)):
        raise ValueError("a name has letters, and no line breaks or control characters")
    return name


Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_legible)]


class Model(BaseModel):
    """Frozen, and an unknown key is an error, whose text quotes no input: a URL that is cut short is not redacted."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


#: The context in which what the service itself has stored is read. It was accepted once: a check that came later
#: refuses new files and drawings, and never stops a recorder over an old one.
STORED: dict[str, Any] = {"stored": True}


def storing(known: Iterable[Hashable]) -> dict[str, Any]:
    """The context in which what a person states over a store is read: only ``known`` was accepted once."""
    return {"stored": frozenset(known)}


def newly_stated(info: ValidationInfo, said: Hashable) -> bool:
    """Whether ``said`` comes from a person, not from the service's own store."""
    stored = (info.context or {}).get("stored", False)
    return said not in stored if isinstance(stored, frozenset) else not stored


def refuse(faults: Iterable[str]) -> None:
    """Raises ``ValueError`` when there are any: all of them, a line each."""
    if lines := "\n".join(faults):
        raise ValueError(lines)


def lines_of(message: str) -> list[str]:
    """The faults in the text of a pydantic error, without its own words."""
    return message.removeprefix("Value error, ").split("\n")
