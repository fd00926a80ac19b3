"""What the models of a configuration have in common. Not here: any of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

ID_PATTERN = r"[a-z0-9][a-z0-9-]{0,62}"

Id = Annotated[str, Field(pattern=rf"^{ID_PATTERN}$", description="lower-case letters, digits and '-', at most 63")]
Name = Annotated[str, Field(min_length=1, max_length=120)]


class Model(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
