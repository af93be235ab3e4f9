"""Private keys: encrypted at rest, never shown, opened once; and this node's own keys over the year."""

from __future__ import annotations

import json
import logging
import stat
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from accord.core.errors import BadInput, Corrupt, NotFound, Unavailable

if TYPE_CHECKING:
    from accord.capabilities.exchange.partners.key_files import FileKeyRing


def ring_of(folder: Path, passphrase: Path | None = None) -> FileKeyRing:
    from accord.capabilities.exchange.partners.key_files import FileKeyRing

    return FileKeyRing(folder, passphrase)


def test_a_key_signs_and_agrees_in_every_process_that_has_the_passphrase(tmp_path: Path) -> None:
    from accord.capabilities.exchange.models import KeyUse
    from accord.capabilities.exchange.partners import jwk

    first = ring_of(tmp_path / "keys")
    signing, encryption = first.make(KeyUse.SIGNING), first.make(KeyUse.ENCRYPTION)
    again = ring_of(tmp_path / "keys")
    assert jwk.verifies(signing, again.sign(signing["kid"], b"what is said"), b"what is said")
    assert not jwk.verifies(signing, again.sign(signing["kid"], b"what is said"), b"what was not said")
    other = X25519PrivateKey.generate()
    mine = X25519PublicKey.from_public_bytes(jwk.exchange_bytes(encryption))
    secret = again.shared_secret(encryption["kid"], jwk.public_jwk(other.public_key()))
    assert secret == other.exchange(mine)
    for made in (signing, encryption):
        assert made["kid"] == OKPKey.import_key(made).thumbprint(), "another library names it by the same thumbprint"
        assert "d" not in made


def test_a_key_does_one_thing_alone(tmp_path: Path) -> None:
    from accord.capabilities.exchange.models import KeyUse

    ring = ring_of(tmp_path / "keys")
    signing, encryption = ring.make(KeyUse.SIGNING), ring.make(KeyUse.ENCRYPTION)
    with pytest.raises(NotFound):
        ring.sign(encryption["kid"], b"")
    with pytest.raises(NotFound):
        ring.shared_secret(signing["kid"], encryption)
    with pytest.raises(BadInput):
        ring.shared_secret(encryption["kid"], signing)
    for strange in ("../../etc/passwd", "", "a/b", "键"):
        with pytest.raises(NotFound):
            ring.sign(strange, b"")


def test_what_lies_on_the_disk_is_encrypted_and_for_its_owner_alone(tmp_path: Path) -> None:
    from accord.capabilities.exchange.models import KeyUse

    folder = tmp_path / "keys"
    ring = ring_of(folder)
    kid = ring.make(KeyUse.SIGNING)["kid"]
    raw = ring._private(kid).private_bytes_raw()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        content = path.read_bytes()
        assert raw not in content
        assert raw.hex().encode() not in content
    assert sorted(path.name for path in folder.iterdir()) == sorted([f"{kid}.json", "passphrase"])


def test_the_wrong_passphrase_opens_nothing_and_gives_nothing_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from accord.capabilities.exchange.models import KeyUse

    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("correct horse battery staple\n")
    wrong.write_text("incorrect horse battery staple\n")
    ring = ring_of(tmp_path / "keys", right)
    kid = ring.make(KeyUse.SIGNING)["kid"]
    assert not (tmp_path / "keys" / "passphrase").exists()
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable, match="ACCORD_KEY_PASSPHRASE_FILE") as refused:
        ring_of(tmp_path / "keys", wrong).sign(kid, b"")
    told = "".join(traceback.format_exception(refused.value)) + caplog.text + repr(ring) + str(vars(refused.value))
    assert "horse" not in told
    assert ring._private(kid).private_bytes_raw().hex() not in told
    for missing, kind in ((tmp_path / "none", Unavailable), (tmp_path / "short", BadInput)):
        (tmp_path / "short").write_text("too short\n")
        with pytest.raises(kind):
            ring_of(tmp_path / "keys", missing).sign(kid, b"")
    with pytest.raises(Unavailable):
        ring_of(tmp_path / "keys").sign(kid, b"")
    assert not (tmp_path / "keys" / "passphrase").exists(), "no new passphrase is made beside keys that it cannot open"


def test_the_passphrase_is_changed(tmp_path: Path) -> None:
    from accord.capabilities.exchange.models import KeyUse

    ring = ring_of(tmp_path / "keys")
    kids = [ring.make(use)["kid"] for use in KeyUse]
    new = tmp_path / "passphrase"
    new.write_text("a passphrase kept somewhere else\n")
    assert ring.change_passphrase(new) == 2
    (tmp_path / "keys" / "passphrase").unlink()
    changed = ring_of(tmp_path / "keys", new)
    for kid in kids:
        changed.check(kid)
    assert changed.change_passphrase(new) == 0


def test_a_destroyed_key_is_gone_in_every_process(tmp_path: Path) -> None:
    from accord.capabilities.exchange.models import KeyUse

    one, other = ring_of(tmp_path / "keys"), ring_of(tmp_path / "keys")
    kid = one.make(KeyUse.SIGNING)["kid"]
    other.sign(kid, b"")
    one.destroy(kid)
    one.destroy(kid)
    for ring in (one, other):
        with pytest.raises(NotFound):
            ring.sign(kid, b"")
    assert one.kids() == []


@given(data=st.data())
def test_a_key_file_with_any_flipped_bit_opens_no_key(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    from accord.capabilities.exchange.models import KeyUse

    folder = tmp_path_factory.getbasetemp() / "flipped"
    if not folder.exists():
        ring_of(folder).make(KeyUse.SIGNING)
    (path,) = folder.glob("*.json")
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    changed = bytearray(whole)
    changed[place // 8] ^= 1 << place % 8
    if changed.strip() == whole.strip() or json.loads(whole)["n"] < 1:
        return
    path.write_bytes(changed)
    try:
        with pytest.raises((Unavailable, Corrupt, BadInput)):
            ring_of(folder).sign(path.stem, b"")
    finally:
        path.write_bytes(whole)
