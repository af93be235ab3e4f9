"""The desk behind TLS of its own, and the refusal to serve other machines without any."""

from __future__ import annotations

import datetime
import http.client
import http.cookiejar
import ipaddress
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from federation_kit import loaded
from federation_kit.commands import Accord, environment_of, separately
from federation_kit.stores import with_store

PASSWORD = "four plain words together"


@dataclass(frozen=True)
class Pair:
    certificate: Path
    key: Path


def make_pair(folder: Path, name: str, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> Pair:
    """A certificate for localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pair = Pair(folder / f"{name}.cert.pem", folder / f"{name}.key.pem")
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return pair


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return make_pair(tmp_path, "own")


@pytest.fixture
def address(home: Path, pair: Pair) -> Iterator[str]:
    """A node that serves TLS, with one user."""
    added = separately(with_store(home), "node", "user", "add", "lin", "--password-stdin", stdin=PASSWORD + "\n")
    assert added.code == 0, added.err
    options = ["--port", "0", "--no-worker", "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)]
    node = loaded.start(loaded.MAIN, "node", "run", *options, environment=environment_of(home), stderr=loaded.PIPE, text=True)
    try:
        assert node.stderr
        yield next(found[0] for line in node.stderr if (found := re.search(r"https?://\S+", line)))
    finally:
        node.terminate()
        node.communicate(timeout=60)


def test_signing_in_over_tls(address: str, pair: Pair) -> None:
    assert address.startswith("https://localhost:")
    cookies = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(pair.certificate))),
        urllib.request.HTTPCookieProcessor(cookies),
    )
    with opener.open(address, timeout=30) as page:
        assert page.headers["Strict-Transport-Security"].startswith("max-age=")
        text = page.read().decode()
        place = page.url
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
    assert token
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], "username": "lin", "password": PASSWORD}).encode()
    with opener.open(urllib.request.Request(place, form, {"Referer": place}), timeout=30) as page:
        assert page.status == 200
    assert {cookie.name for cookie in cookies} >= {"csrftoken", "sessionid"}
    assert all(cookie.secure for cookie in cookies), "no cookie ever crosses the network in clear"


def test_a_stranger_to_the_certificate_or_to_tls_gets_nothing(address: str) -> None:
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(address, timeout=10)
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(address.replace("https://", "http://"), timeout=10)


def test_certificate_and_key_are_checked_before_anything_starts(accord: Accord, home: Path, pair: Pair, tmp_path: Path) -> None:
    other = make_pair(tmp_path, "other")
    old = make_pair(tmp_path, "old", serialization.PrivateFormat.TraditionalOpenSSL)
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("no certificate")
    for certificate, key, says in (
        (pair.certificate, other.key, "does not go with"),
        (old.certificate, old.key, "openssl pkcs8"),
        (nothing, pair.key, "PEM"),
        (tmp_path / "absent.pem", pair.key, "absent.pem"),
    ):
        answer = separately(home, "node", "run", "--port", 0, "--tls-cert", certificate, "--tls-key", key)
        assert answer.code == 2, answer.err
        assert says in answer.err
        assert "Traceback" not in answer.err
    alone = accord("node", "run", "--tls-cert", pair.certificate)
    assert alone.code == 2
    assert "--tls-key" in alone.err


def test_other_machines_are_not_served_in_clear_text(accord: Accord, home: Path) -> None:
    for host in ("0.0.0.0", "192.0.2.7", "::", "desk.example"):
        answer = accord("node", "run", "--host", host)
        assert answer.code == 2
        assert "--tls-cert" in answer.err
    assert not home.exists()
