"""Writes what a victim tells, the way victims write numbers, and keeps count of what was written.

The sentences are in `stories.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from string import Formatter
from typing import Any, Final

import numpy as np

from accord.core.money import Money, exponent
from accord.engine.exercise.countries import Country
from accord.engine.exercise.forms import scrambled

_TEXTS: Final[dict[str, Any]] = tomllib.loads(files(__package__).joinpath("stories.toml").read_text("utf-8"))
_HANDLE_WORDS: Final = {
    "zh": {"wechat": "微信号{}", "qq": "QQ{}", "telegram": "Telegram账号@{}"},
    "en": {"wechat": "WeChat {}", "qq": "QQ {}", "telegram": "Telegram @{}"},
}
_SCHEME_WORDS: Final = {"fps": "转数快", "paynow": "PayNow", "promptpay": "PromptPay", "duitnow": "DuitNow"}
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Mention:
    """An identifier or amount as it stands in a narrative, and what it means."""

    type: str
    written: str
    canonical: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the narrative is about. `payee_alias` means that the victim paid to an alias and never saw an account number."""

    scam_type: str
    language: str
    country: Country
    payee_account: str
    payee_alias: str | None
    payee_name: str
    bank_name: str | None
    amounts: tuple[int, ...]
    paid_at: datetime
    phones: tuple[str, ...]
    handles: tuple[tuple[str, str], ...]
    sites: tuple[str, ...]


@dataclass
class Narrator:
    """Tells one story. Every blank filled in is kept in `mentions`."""

    facts: Facts
    rng: np.random.Generator
    mentions: list[Mention] = field(default_factory=list)

    def tell(self) -> str:
        """The whole narrative."""
        facts, language = self.facts, self.facts.language
        parts = [self._filled(self._one_of(_TEXTS["stories"][language][facts.scam_type]), facts.amounts[0])]
        form = "alias" if facts.payee_alias else "account"
        parts.append(self._filled(self._one_of(_TEXTS["payments"][language][form]), facts.amounts[0]))
        parts += [self._filled(self._one_of(_TEXTS["payments"][language]["second"]), amount) for amount in facts.amounts[1:]]
        parts.append(self._one_of(_TEXTS["endings"][language]))
        return ("" if language == "zh" else " ").join(parts)

    def _filled(self, template: str, amount: int) -> str:
        blanks = {blank for _, blank, _, _ in Formatter().parse(template) if blank}
        return template.format(**{blank: self._blank(blank, amount) for blank in sorted(blanks)})

    def _blank(self, blank: str, amount: int) -> str:
        facts = self.facts
        if blank == "name":
            return facts.payee_name
        if blank == "when":
            return self._when()
        if blank == "bank":
            return _TEXTS["bank_phrases"][facts.language].format(facts.bank_name) if facts.bank_name else ""
        if blank == "amount":
            return self._amount(amount)
        if blank == "scheme":
            return _SCHEME_WORDS[(facts.payee_alias or "").partition(":")[0]]
        if blank == "payee":
            return self._payee()
        if blank == "phone":
            phone = self._one_of(facts.phones)
            return self._kept("phone", self._spaced_phone(phone), phone)
        if blank == "site":
            site = self._one_of(facts.sites)
            return self._kept("url", site if self.rng.random() < 0.5 else site.removeprefix("https://"), site)
        if blank == "order":
            number = f"{facts.paid_at:%Y%m%d}{scrambled(int(self.rng.integers(10**8)), 10):010d}"
            return self._kept("order_number", number, number)
        platform, name = facts.handles[int(self.rng.integers(len(facts.handles)))]
        self._kept("handle", name, f"{platform}:{name}")
        return _HANDLE_WORDS[facts.language][platform].format(name)

    def _kept(self, kind: str, written: str, canonical: str) -> str:
        self.mentions.append(Mention(kind, written, canonical))
        return written

    def _payee(self) -> str:
        facts = self.facts
        if facts.payee_alias:
            return self._kept("alias", facts.payee_alias.partition(":")[2], facts.payee_alias)
        number, draw = facts.payee_account, self.rng.random()
        if facts.language == "zh" and draw < 0.1:
            number = number.translate(_FULL_WIDTH)
        elif draw < 0.5:
            number = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
        return self._kept("bank_account", number, facts.payee_account)

    def _spaced_phone(self, phone: str) -> str:
        """In China a Chinese number as "190 1234 5678" or without spaces; every other number with its prefix."""
        prefix = f"+{self.facts.country.dial}"
        if self.facts.country.code == "CN" and phone.startswith(prefix):
            national = phone.removeprefix(prefix)
            return national if self.rng.random() < 0.5 else f"{national[:3]} {national[3:7]} {national[7:]}"
        return phone

    def _amount(self, minor: int) -> str:
        currency = self.facts.country.currency
        written = _amount_number(minor, exponent(currency), wan=self.facts.language == "zh" and self.rng.random() < 0.5)
        canonical = f"{Money(minor, currency).decimal():f} {currency}"
        return self._kept("amount", self._one_of(_TEXTS["amounts"][currency]).format(written), canonical)

    def _when(self) -> str:
        local = self.facts.paid_at + timedelta(hours=self.facts.country.utc_hours)
        if self.facts.language == "zh":
            return f"{local.month}月{local.day}日{local.hour}点{local.minute:02d}分左右"
        return f"{local:%H:%M} on {local.day} {local:%B}"

    def _one_of(self, choices: Sequence[str]) -> str:
        return choices[int(self.rng.integers(len(choices)))]


def _amount_number(minor: int, decimals: int, *, wan: bool) -> str:
    """38000.00 as "3.8万" where that is exact and asked for, else with separators, cents only where there are any."""
    whole, rest = divmod(minor, 10**decimals)
    if wan and not rest and whole >= 10_000 and whole % 1_000 == 0:
        return f"{whole // 10_000}万" if whole % 10_000 == 0 else f"{whole // 10_000}.{whole % 10_000 // 1_000}万"
    return f"{whole:,}.{rest:0{decimals}d}" if rest else f"{whole:,}"
