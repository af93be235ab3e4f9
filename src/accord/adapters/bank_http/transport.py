"""One HTTPS counterpart, reached with care: it is checked who it is, and nothing it sends can fill memory or take for ever.

Redirects are never followed and proxies of the environment never used: a token goes to the address that was configured and
nowhere else. Compression is not asked for, so that the size that arrives is the size that counts.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from accord.adapters.bank_http.errors import Msg
from accord.adapters.bank_wire import CONTRACT_VERSION, MOST_BYTES_TOLD
from accord.capabilities.claims.ports import Nonsense
from accord.core import clock
from accord.core.errors import BadInput, Unavailable
from accord.core.wording import Messages

CONNECT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 15.0
WHOLE_SECONDS: Final = 40.0
"""A whole call, dripping answers included."""

_LONGEST_PAUSE: Final = 15 * 60.0
_USER_AGENT: Final = f"accord/{version('accord')} (contract {CONTRACT_VERSION})"
_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)

_WORDS: Final[dict[type[httpx.HTTPError], Messages]] = {
    httpx.ConnectError: Msg.NOBODY_LISTENS,
    httpx.ConnectTimeout: Msg.NOBODY_PICKS_UP,
    httpx.ReadTimeout: Msg.STAYS_SILENT,
    httpx.RemoteProtocolError: Msg.BROKE_OFF,
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a counterpart is and how to know each other.

    `ca` replaces the system's certificate authorities; `certificate` and `key` are shown where it asks who calls.
    """

    code: str
    url: str
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            raise BadInput(Msg.ADDRESS_MUST_BEGIN_WITH_HTTPS, where=self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise BadInput(Msg.WRITE_ADDRESS_LIKE_HTTPS_BANK_EXAMPLE, where=self.url)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Calls to one endpoint. Safe for threads; connections are kept and used again."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._client = httpx.Client(
            verify=trust_of(endpoint),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=30),
            headers={"User-Agent": _USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"},
        )
        self._lock = threading.Lock()
        self._paused_until = 0.0

    def call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None, *, most: int = MOST_BYTES_TOLD
    ) -> Reply:
        """The reply, whatever its status but a plea to wait. Unavailable when there is none, Nonsense when it is too long."""
        self._refuse_while_paused()
        url = f"{self.endpoint.url.rstrip('/')}/{path}"
        try:
            reply = self._call(method, url, headers, body, most)
        except httpx.HTTPError as error:
            raise Unavailable(Msg.LINE_DOWN, bank=self.endpoint.code, kind=_why(error)) from error
        self._note_plea(reply)
        return reply

    def close(self) -> None:
        self._client.close()

    def _call(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int) -> Reply:
        deadline = time.monotonic() + WHOLE_SECONDS
        with self._client.stream(method, url, headers=dict(headers), content=body) as response:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise Nonsense(Msg.SENDS_COMPRESSED_ANSWER, bank=self.endpoint.code)
            received = bytearray()
            for chunk in response.iter_raw():
                received += chunk
                if len(received) > most:
                    raise Nonsense(Msg.ANSWER_TOO_LONG, bank=self.endpoint.code, count=most)
                if time.monotonic() > deadline:
                    raise Unavailable(Msg.ANSWER_TAKES_TOO_LONG, bank=self.endpoint.code, seconds=WHOLE_SECONDS)
            return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(received))

    def _refuse_while_paused(self) -> None:
        with self._lock:
            left = self._paused_until - time.monotonic()
        if left > 0:
            raise Unavailable(Msg.ASKED_TO_BE_LEFT_ALONE, bank=self.endpoint.code, seconds=left)

    def _note_plea(self, reply: Reply) -> None:
        """A bank that says when to come back (429, 503 with Retry-After) is not called before, at most 15 minutes."""
        if reply.status not in (429, 503):
            return
        pause = min(_retry_after(reply.headers.get("retry-after", "")), _LONGEST_PAUSE)
        with self._lock:
            self._paused_until = max(self._paused_until, time.monotonic() + pause)


def trust_of(endpoint: Endpoint) -> ssl.SSLContext | bool:
    """Certificates are always checked. BadInput where the configured files cannot be used."""
    if endpoint.ca is None and endpoint.certificate is None:
        return True
    try:
        context = ssl.create_default_context(cafile=endpoint.ca)
        if endpoint.certificate is not None:
            context.load_cert_chain(endpoint.certificate, endpoint.key)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(
            Msg.CERTIFICATE_FILES_LINE_TO_CANNOT,
            bank=endpoint.code,
            why=error.strerror or error,
            where=str(endpoint.certificate or endpoint.ca),
        ) from error
    return context


def _retry_after(stated: str) -> float:
    """Seconds, from either form of the header; 0 where it cannot be read."""
    if _SECONDS.fullmatch(stated):
        return float(stated)
    try:
        moment = parsedate_to_datetime(stated)
        return max(0.0, (moment - clock.now()).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _why(error: httpx.HTTPError) -> Messages | str:
    """What went wrong, by kind: the library's own text may repeat what was sent."""
    if isinstance(error, httpx.ConnectError) and "certificate" in str(error).lower():
        return Msg.CERTIFICATE_NOT_TRUSTED
    return _WORDS.get(type(error), type(error).__name__)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
