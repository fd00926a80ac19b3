"""``${NAME}`` in camera URLs: resolved on the worker, never stored or sent resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vms.domain.errors import ConfigurationError

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


def variables(template: str) -> list[str]:
    """Names of the variables in ``template``, in order; a malformed one raises ``ConfigurationError``."""
    names = _VARIABLE.findall(template)
    for name in names:
        if not _NAME.match(name):
            raise ConfigurationError(f"'${{{name}}}' is no variable name: use letters, digits and '_'")
    return names


def resolve(template: str, env: Mapping[str, str]) -> str:
    """``template`` with every variable replaced; a missing one raises ``ConfigurationError`` that names it."""
    for name in variables(template):
        if name not in env:
            raise ConfigurationError(f"the environment lacks {name}: set {name}, or take ${{{name}}} out of the URL")
    return _VARIABLE.sub(lambda match: env[match.group(1)], template)
