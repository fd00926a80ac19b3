"""``${NAME}`` in camera URLs: resolved on the worker, never stored or sent resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from vms.domain.errors import ConfigurationError
from vms.domain.redaction import query_secrets
from vms.settings.secrets import secret

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# What may stand in a user-info as it is (RFC 3986); '%' too, for values that are encoded already.
_USERINFO_SAFE = "!$&'()*+,;=:-._~%"
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


def variables(template: str) -> list[str]:
    """Names of the variables in ``template``, in order; a malformed one raises ``ConfigurationError``."""
    names = _VARIABLE.findall(template)
    for name in names:
        if not _NAME.match(name):
            raise ConfigurationError(f"'${{{name}}}' is no variable name: use letters, digits and '_'")
    return names


def has_password(template: str) -> bool:
    """Whether a password, or a part of one, stands in the template itself."""
    filled = _VARIABLE.sub("\0", template)
    login = urlsplit(filled).netloc.rpartition("@")[0].partition(":")[2]
    return bool(login.strip("\0")) or any(one and one[0] != "\0" for one in query_secrets(filled))


def resolve(template: str, env: Mapping[str, str]) -> str:
    """``template`` with every variable replaced; a missing one raises ``ConfigurationError`` that names it."""
    values: dict[str, str] = {}
    for name in variables(template):
        if (value := secret(env, name)) is None:
            raise ConfigurationError(f"the environment lacks {name}: set {name}, or take ${{{name}}} out of the URL")
        values[name] = value
    # A password of any characters must not become part of the host: in front of the '@' it is percent-encoded.
    head, at, tail = template.rpartition("@")
    return (
        _VARIABLE.sub(lambda match: quote(values[match.group(1)], safe=_USERINFO_SAFE), head)
        + at
        + _VARIABLE.sub(lambda match: values[match.group(1)], tail)
    )
