"""The key pair by which push services know this host (VAPID, RFC 8292). Made once: browsers subscribe to it."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vms.domain.errors import ConfigurationError
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

#: Within DATA.
PLACE = Path("state") / "vapid.key"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Both in base64url without padding: the 32 bytes of the private key, the 65 of the public point."""

    private: str = field(repr=False)
    public: str

    @classmethod
    def load(cls, data: Path) -> KeyPair:
        """That of the file, which is made where there is none; ``ConfigurationError``: it cannot be used."""
        path = data / PLACE
        try:
            text = path.read_text("ascii").strip()
        except FileNotFoundError:
            return cls._make(path)
        except (OSError, UnicodeDecodeError) as err:
            raise _unusable(path, getattr(err, "strerror", None) or "it holds no key") from err
        try:
            raw = base64.urlsafe_b64decode(text + "=")
            if len(raw) != 32:
                raise ValueError("another length")
            key = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
        except ValueError as err:
            raise _unusable(path, "it holds no key") from err
        return cls(text, _public(key))

    @classmethod
    def _make(cls, path: Path) -> KeyPair:
        key = ec.generate_private_key(ec.SECP256R1())
        private = _text(key.private_numbers().private_value.to_bytes(32, "big"))
        try:
            write_whole(path, f"{private}\n".encode("ascii"), mode=0o600)
        except OSError as err:
            raise _unusable(path, err.strerror or type(err).__name__) from err
        log.info("vapid.made file=%s", path)
        return cls(private, _public(key))


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} cannot be used: {why}; restore it, or remove it: then every browser must be registered anew"
    )


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    return _text(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
