"""Messaging handles: a platform and a name on it, canonical as "wechat:some_name".

The rules are what the platforms let people register today, loosened where older accounts are known to differ. Names are
compared without regard to case on all of them. A WhatsApp, Signal, Viber or Zalo handle that is a number is the E.164 number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, Self

from accord.core.errors import BadInput
from accord.core.identifiers.base import Identifier, IdentifierType, clean, keep_ends, quote
from accord.core.identifiers.errors import Msg
from accord.core.identifiers.phone import DEFAULT_REGION, Phone


class Platform(StrEnum):
    """Where a handle lives."""

    WECHAT = "wechat"
    QQ = "qq"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    LINE = "line"
    SIGNAL = "signal"
    VIBER = "viber"
    ZALO = "zalo"
    KAKAO = "kakao"
    SKYPE = "skype"
    DISCORD = "discord"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    X = "x"
    TIKTOK = "tiktok"
    DOUYIN = "douyin"
    XIAOHONGSHU = "xiaohongshu"
    MOMO = "momo"


_ANY_NAME = re.compile(r"[\w.+-]{2,64}")
_NAMES: Final[dict[Platform, re.Pattern[str]]] = {
    Platform.WECHAT: re.compile(r"[a-z][a-z0-9_-]{5,19}|[1-9][0-9]{4,11}"),  # a QQ or mobile number can be the login
    Platform.QQ: re.compile(r"[1-9][0-9]{4,10}"),
    Platform.TELEGRAM: re.compile(r"[a-z][a-z0-9_]{3,31}|\+[0-9]{7,15}"),
    Platform.LINE: re.compile(r"@?[a-z0-9._-]{3,20}"),
    Platform.SIGNAL: re.compile(r"[a-z_][a-z0-9_]{2,31}\.[0-9]{2,9}"),
    Platform.SKYPE: re.compile(r"(?:live:)?[a-z.][\w.,-]{4,63}"),
    Platform.DISCORD: re.compile(r"[a-z0-9_.]{2,32}(?:#[0-9]{4})?"),
    Platform.INSTAGRAM: re.compile(r"[a-z0-9_.]{1,30}"),
    Platform.X: re.compile(r"[a-z0-9_]{1,15}"),
}
_NUMBERED: Final = frozenset({Platform.WHATSAPP, Platform.SIGNAL, Platform.VIBER, Platform.ZALO})
_KEEPS_AT: Final = frozenset({Platform.LINE})
"""LINE's official accounts have an @ that is part of the name; elsewhere it is only the way to write a handle."""

_LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|wa\.me|line\.me/(?:ti/p|r/ti/p)|facebook\.com|instagram\.com|x\.com)/([^/?#]+)/?"
)


@dataclass(frozen=True, slots=True)
class Handle(Identifier):
    """A name on a platform. `country` only where the name is a telephone number."""

    type: ClassVar = IdentifierType.HANDLE

    platform: Platform = Platform.WECHAT

    @classmethod
    def parse(cls, text: str, *, platform: str | None = None, region: str | None = DEFAULT_REGION) -> Self:
        """Read a name, or "platform:name". `region` says how a national number on a numbered platform is meant."""
        stated, name = _split(clean(text, Msg.MESSAGING_HANDLE).lower(), platform)
        link = _LINK.fullmatch(name)
        name = link[1] if link else name
        if stated not in _KEEPS_AT:
            name = name.removeprefix("@")
        if stated in _NUMBERED and re.fullmatch(r"[+0-9 ()-]+", name):
            international = name if not link else "+" + name.lstrip("+")
            phone = Phone.parse(international, region=region)
            return cls(f"{stated}:{phone.canonical}", phone.country, stated)
        pattern = _NAMES.get(stated, _ANY_NAME)
        if stated is Platform.WHATSAPP or not pattern.fullmatch(name):
            raise BadInput(Msg.CANNOT_BE_NAME, name=quote(name), platform=stated)
        return cls(f"{stated}:{name}", None, stated)

    @property
    def name(self) -> str:
        """The handle without its platform."""
        return self.canonical.partition(":")[2]

    @property
    def masked(self) -> str:
        return f"{self.platform}:{keep_ends(self.name, 3, 2)}"


def _split(text: str, platform: str | None) -> tuple[Platform, str]:
    prefix, colon, rest = text.partition(":")
    known = {member.value for member in Platform}
    if platform is None:
        if not colon or prefix.strip() not in known:
            raise BadInput(Msg.DOES_NOT_SAY_WHICH_PLATFORM, text=quote(text))
        return Platform(prefix.strip()), rest.strip()
    stated = platform.strip().lower()
    if stated not in known:
        raise BadInput(Msg.UNKNOWN_PLATFORM, platform=quote(platform), known=sorted(known))
    return Platform(stated), rest.strip() if colon and prefix.strip() == stated else text
