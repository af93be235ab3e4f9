"""Private keys in files, encrypted with a passphrase: whoever gets the files without it has nothing.

<home>/keys/KID.json      one key: AES-256-GCM, under a key that scrypt (RFC 7914) makes of the passphrase
<home>/keys/passphrase    made where the node names no passphrase file of its own; left out of backups
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from accord.capabilities.exchange.models import KeyUse
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.exchange.partners.jwk import CURVES, from_base64url, to_base64url
from accord.capabilities.exchange.partners.keyring import PrivateKey, SoftwareRing
from accord.core.canonical import canonical_json
from accord.core.errors import BadInput, Conflict, Corrupt, NotFound, Unavailable
from accord.core.errors import Msg as CoreMsg

PASSPHRASE: Final = "passphrase"  # noqa: S105 - the name of a file
_SCRYPT: Final = {"n": 1 << 15, "r": 8, "p": 1}
"""32 MiB and about a tenth of a second, once a process: the first guess costs as much as every later one."""

_MEMBERS: Final = {"box", "crv", "format", "kid", "n", "nonce", "p", "r", "salt"}
_MOST_MEMORY: Final = 1 << 28
_FORMAT: Final = "accord key 1"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_MOST_BYTES: Final = 4_096


class FileKeyRing(SoftwareRing):
    """Keys of a folder; each is decrypted once a process. A key whose file another process took away is gone here too.

    `passphrase_file` None: a random passphrase beside the keys, which protects only copies of the folder without it.
    """

    def __init__(self, folder: Path, passphrase_file: Path | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._passphrase_file = passphrase_file
        self._wrapping: dict[tuple[bytes, int, int, int], bytes] = {}
        self._deriving = threading.Lock()

    def kids(self) -> list[str]:
        """The keys that have a file."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def destroy(self, kid: str) -> None:
        super().destroy(kid)
        self._path(kid).unlink(missing_ok=True)

    def check(self, kid: str) -> None:
        """Raise what keeps this key from being used: NotFound, Unavailable (another passphrase), Corrupt."""
        self._private(kid)

    def change_passphrase(self, new: Path) -> int:
        """Encrypt every key anew under the passphrase of another file; how many there were. The old one opens none after it.

        Killed half-way, some keys are under the one passphrase and some under the other: give the command again, for a key
        that opens with the new one already is left as it is.
        """
        other = FileKeyRing(self._folder, new)
        changed = 0
        for kid in self.kids():
            try:
                other.check(kid)
            except Unavailable:
                other._write(kid, self._private(kid))
                changed += 1
        return changed

    def _path(self, kid: str) -> Path:
        if not kid.replace("-", "").replace("_", "").isalnum() or not kid.isascii():
            raise NotFound(Msg.CANNOT_BE_NAME_KEY)  # it may have come from outside
        return self._folder / f"{kid}.json"

    def _private(self, kid: str) -> PrivateKey:
        path = self._path(kid)
        if not path.exists():
            with self._lock:
                self._keys.pop(kid, None)
            raise NotFound(Msg.NODE_NO_PRIVATE_KEY, key=kid)
        private = self._keys.get(kid)
        if private is None:
            private = self._open(kid, path)
            with self._lock:
                self._keys[kid] = private
        return private

    def _open(self, kid: str, path: Path) -> PrivateKey:
        stated = _read(path)
        salt, nonce, box = (from_base64url(str(stated[name]), str(path)) for name in ("salt", "nonce", "box"))
        wrapping = self._wrapping_key(salt, stated["n"], stated["r"], stated["p"])
        try:
            raw = AESGCM(wrapping).decrypt(nonce, box, _named(stated))
        except (InvalidTag, ValueError):
            raise Unavailable(Msg.KEY_CANNOT_BE_OPENED_WITH_PASSPHRASE, where=str(path)) from None
        if stated["kid"] != kid or len(raw) != 32:
            raise Corrupt(Msg.FILE_HOLDS_ANOTHER_KEY_THAN_NAME, where=str(path))
        kind = Ed25519PrivateKey if stated["crv"] == CURVES[KeyUse.SIGNING] else X25519PrivateKey
        return kind.from_private_bytes(raw)

    def _keep(self, kid: str, private: PrivateKey) -> None:
        path = self._path(kid)
        if path.exists():
            raise Conflict(Msg.KEY_EXISTS_ALREADY, key=kid)
        self._write(kid, private)

    def _write(self, kid: str, private: PrivateKey) -> None:
        """The whole file or none, readable by its owner alone."""
        self._create_folder()
        use = KeyUse.SIGNING if isinstance(private, Ed25519PrivateKey) else KeyUse.ENCRYPTION
        salt, nonce = self._salt(), os.urandom(_NONCE_BYTES)
        stated: dict[str, Any] = {
            "format": _FORMAT,
            "kid": kid,
            "crv": CURVES[use],
            "salt": to_base64url(salt),
            "nonce": to_base64url(nonce),
            **_SCRYPT,
        }
        wrapping = self._wrapping_key(salt, **_SCRYPT)
        stated["box"] = to_base64url(AESGCM(wrapping).encrypt(nonce, private.private_bytes_raw(), _named(stated)))
        _publish(self._path(kid), canonical_json(stated) + b"\n", replace=True)

    def _salt(self) -> bytes:
        """The salt of a key that this process has opened, so that it derives one key alone; else a new one."""
        with self._deriving:
            return next((salt for salt, n, _, _ in self._wrapping if n == _SCRYPT["n"]), None) or os.urandom(_SALT_BYTES)

    def _wrapping_key(self, salt: bytes, n: int, r: int, p: int) -> bytes:
        with self._deriving:
            if (salt, n, r, p) not in self._wrapping:
                derived: bytes = Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(self._passphrase())
                self._wrapping[salt, n, r, p] = derived
            return self._wrapping[salt, n, r, p]

    def _passphrase(self) -> bytes:
        path = self._passphrase_file or self._folder / PASSPHRASE
        if self._passphrase_file is None and not path.exists() and not self.kids():
            self._create_folder()
            _publish(path, secrets.token_urlsafe(32).encode() + b"\n", replace=False)
        try:
            passphrase = path.read_bytes()[: _MOST_BYTES + 1].strip()
        except OSError as error:
            raise Unavailable(Msg.PASSPHRASE_NODE_KEYS_CANNOT_BE_READ, why=error.strerror, where=str(path)) from None
        if not 12 <= len(passphrase) <= _MOST_BYTES:
            raise BadInput(Msg.PASSPHRASE_12_TO_BYTES, most=_MOST_BYTES, where=str(path))
        return passphrase

    def _create_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(Msg.FOLDER_KEYS_CANNOT_BE_MADE, why=error.strerror, where=str(self._folder)) from None


def _named(stated: dict[str, Any]) -> bytes:
    """What stands beside the encrypted key and may not be changed either."""
    return canonical_json({name: value for name, value in stated.items() if name != "box"})


def _read(path: Path) -> dict[str, Any]:
    try:
        stated = json.loads(path.read_bytes()[:_MOST_BYTES])
    except OSError as error:
        raise Unavailable(Msg.KEY_CANNOT_BE_READ, why=error.strerror, where=str(path)) from None
    except ValueError:
        raise Corrupt(Msg.FILE_KEY_DAMAGED, where=str(path)) from None
    if not isinstance(stated, dict) or stated.keys() != _MEMBERS or stated["format"] != _FORMAT:
        raise Corrupt(Msg.NO_FILE_KEY_VERSION_KNOWS, where=str(path))
    cost = [stated[name] for name in ("n", "r", "p")]
    whole = all(type(number) is int and number > 0 for number in cost)
    if not whole or cost[0] < 2 or cost[0] & cost[0] - 1 or 128 * cost[0] * cost[1] * cost[2] > _MOST_MEMORY:
        raise Corrupt(Msg.STATES_COST_NO_KEY_NODE, where=str(path))
    return stated


def _publish(path: Path, content: bytes, *, replace: bool) -> None:
    """Give a whole file its name. Not `replace`: whoever was first keeps it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.lock")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            if replace:
                draft.replace(path)
            else:
                os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(CoreMsg.CANNOT_BE_WRITTEN, why=error.strerror, where=str(path)) from None
