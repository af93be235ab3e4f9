"""Domain names, canonical in lower-case ASCII (IDNA 2008), with the part that someone registered.

The public suffix list is the copy inside tldextract; nothing is fetched. Defanged spellings ("evil[.]com", "evil(dot)com")
are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, Self

import idna
import tldextract

from accord.core.errors import BadInput
from accord.core.identifiers.base import Identifier, IdentifierType, clean, quote
from accord.core.identifiers.errors import Msg

_SUFFIXES: Final = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
_DEFANGED_DOT = re.compile(r"\s*[\[({]\s*(?:\.|dot|点)\s*[\])}]\s*|\\\.|[。．｡]", re.IGNORECASE)
_ASCII_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")

_SOLD_TO_ANYONE: Final = (
    " ac ag ai am as bz cc cd cf co dj fm ga gg gl gq gs hn ht im io is je la lc li ly me mn ms mu nu pm pw sc sh so st tf"
    " tk tl tm to tv vc vg wf ws "
)
"""Country codes whose names are sold world-wide, so that they say nothing of a country."""

_NOT_ISO: Final = {"uk": "GB"}
_NO_COUNTRY: Final = frozenset({"eu", "su"})


@dataclass(frozen=True, slots=True)
class Domain(Identifier):
    """A host name under a public suffix. `registered` is the part that one holder controls, e.g. "evil.com.cn"."""

    type: ClassVar = IdentifierType.DOMAIN

    registered: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name; BadInput where it cannot be a host name or ends in no public suffix."""
        host = host_to_ascii(refang(clean(text, Msg.DOMAIN_NAME)))
        registered = registered_part(host)
        if not registered:
            raise BadInput(Msg.ENDS_IN_NO_KNOWN_TOP_LEVEL, text=quote(text))
        return cls(host, country_of_host(host), registered)

    @property
    def masked(self) -> str:
        """The name itself, defanged: a domain is public, the danger is that it gets clicked."""
        return defang(self.canonical)


def refang(text: str) -> str:
    """`text` with defanged dots made dots again."""
    return _DEFANGED_DOT.sub(".", text)


def defang(text: str) -> str:
    """`text` with its dots in brackets, so that no program makes a link of it."""
    return text.replace(".", "[.]")


def host_to_ascii(host: str) -> str:
    """Lower-case ASCII form of a host name; BadInput where it has none. Underscores pass, as in real host names."""
    host = host.lower().rstrip(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except UnicodeError:
            raise BadInput(Msg.CANNOT_BE_DOMAIN_NAME_CHECK, host=quote(host)) from None
    if not _ASCII_HOST.fullmatch(host):
        raise BadInput(Msg.CANNOT_BE_DOMAIN_NAME, host=quote(host))
    return host


@lru_cache(maxsize=65_536)
def registered_part(host: str) -> str:
    """The registered name in `host`, "" where it ends in no public suffix or is itself one that nobody holds.

    A shared hosting suffix such as github.io has one holder per name below it; the bare suffix is its owner's own name.
    """
    private = _SUFFIXES(host, include_psl_private_domains=True)
    return str(private.top_domain_under_public_suffix or _SUFFIXES(host).top_domain_under_public_suffix)


def country_of_host(host: str) -> str | None:
    """ISO code of a country-code top-level domain that means its country; None for all others."""
    last = host.rpartition(".")[2]
    if len(last) != 2 or f" {last} " in _SOLD_TO_ANYONE or last in _NO_COUNTRY:
        return None
    return _NOT_ISO.get(last, last.upper())
