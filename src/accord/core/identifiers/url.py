"""Web addresses, canonical as RFC 3986 normalises them: scheme and host in lower-case ASCII, no default port, no fragment.

What stands before an @ in the host part is dropped: "http://bank.com@evil.com" goes to evil.com and is there to deceive.
Defanged spellings (hxxp, [.], (dot), [:]//) are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import ClassVar, Final, Self
from urllib.parse import quote as percent_encode
from urllib.parse import unquote

from accord.core.errors import BadInput
from accord.core.identifiers.base import MASK, Identifier, IdentifierType, clean, quote
from accord.core.identifiers.domain import country_of_host, defang, host_to_ascii, refang, registered_part
from accord.core.identifiers.errors import Msg

_DEFAULT_PORTS: Final = {"http": "80", "https": "443", "ftp": "21"}
_DEFANGED_COLON = re.compile(r"\[:\]|\[:(//)\]|\[(://)\]")
_SCHEME = re.compile(r"(h(?:tt|xx|\*\*)ps?|f[tx]p):?//", re.IGNORECASE)
_PARTS = re.compile(r"(?P<authority>[^/?#\\]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?", re.DOTALL)
_HOST_PORT = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT: Final = "%/?:@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True)
class Url(Identifier):
    """A web address. `host` is a domain or an IP address; `registered` its registered domain, "" for an IP address."""

    type: ClassVar = IdentifierType.URL

    host: str = ""
    registered: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address; without a scheme it is taken as http."""
        scheme, rest = _split_scheme(_DEFANGED_COLON.sub(_fang_colon, clean(text, Msg.WEB_ADDRESS)))
        parts = _PARTS.fullmatch(rest)
        authority = _HOST_PORT.fullmatch(refang(parts["authority"]).rpartition("@")[2]) if parts else None
        if parts is None or authority is None:
            raise BadInput(Msg.NOT_WEB_ADDRESS, text=quote(text))
        host, registered = _host(authority["host"], text)
        port = authority["port"] or ""
        if port and not 0 < int(port) < 65_536:
            raise BadInput(Msg.PORT_OUT_OF_RANGE, text=quote(text), port=port)
        netloc = host if port.lstrip("0") in ("", _DEFAULT_PORTS[scheme]) else f"{host}:{int(port)}"
        path = _percent_normal(parts["path"].replace("\\", "/")) or "/"
        query = _percent_normal(parts["query"] or "").rstrip("?") if parts["query"] != "?" else ""
        country = country_of_host(host) if registered else None
        return cls(f"{scheme}://{netloc}{path}{query}", country, host, registered)

    @property
    def masked(self) -> str:
        """Scheme and host, defanged; a path often carries a victim's token."""
        scheme, _, rest = self.canonical.partition("://")
        netloc, _, path = rest.partition("/")
        return f"{scheme.replace('tt', 'xx')}://{defang(netloc)}/{MASK if path else ''}"


def _fang_colon(match: re.Match[str]) -> str:
    return match[2] or ":" + (match[1] or "")


def _split_scheme(text: str) -> tuple[str, str]:
    match = _SCHEME.match(text)
    if match is None:
        return "http", text
    name = match[1].lower().replace("*", "t").replace("x", "t")
    return name, text[match.end() :]


def _host(text: str, whole: str) -> tuple[str, str]:
    """(canonical host, registered domain). An IP address has no registered domain."""
    try:
        if text.startswith("["):
            return f"[{IPv6Address(text[1:-1]).compressed}]", ""
        if text[-1:].isdigit() and "." in text and text.isascii():
            return str(IPv4Address(text)), ""
    except AddressValueError:
        raise BadInput(Msg.NAMES_NO_VALID_IP_ADDRESS, text=quote(whole)) from None
    host = host_to_ascii(text)
    registered = registered_part(host)
    if not registered:
        raise BadInput(Msg.ENDS_IN_NO_KNOWN_TOP_LEVEL_DOMAIN, text=quote(whole))
    return host, registered


def _percent_normal(text: str) -> str:
    """Percent signs in upper case, unreserved characters plain, all others encoded (RFC 3986, 6.2.2)."""
    escaped = _PERCENT.sub(_one_percent, text)
    return percent_encode(re.sub(r"%(?![0-9A-F]{2})", "%25", escaped), safe=_KEPT)


def _one_percent(match: re.Match[str]) -> str:
    character = unquote(match[0], encoding="latin-1")
    return character if character in _UNRESERVED else match[0].upper()
