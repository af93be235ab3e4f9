"""How the columns of one source become ours: a small TOML file, written once per source and kept.

    [columns]            # ours = theirs; a list joins several columns with a blank; "" leaves an optional column out
    debtor = "付款账号"
    time = ["交易日期", "交易时间"]

    [constants]          # ours = one value for every row; not together with a column of the same name
    currency = "CNY"

    [text]
    encoding = "gb18030" # default: UTF-8 with or without BOM, else GB18030 where the bytes look like Chinese text
    delimiter = ";"      # default: the one of , ; tab | that the header uses
    thousands = ","      # separator inside amounts; "" allows none (default ",")
    decimal = "."        # decimal sign (default ".")
    skip_lines = 3       # lines above the header

    [time]
    zone = "Asia/Shanghai"        # IANA name, for times that carry no zone of their own
    format = "%d/%m/%Y %H:%M:%S"  # strptime codes; default: ISO 8601, or integer epoch seconds
    unit = "steps"                # seconds, milliseconds, microseconds or steps since `epoch`: times are then plain numbers
    epoch = "2017-01-01T00:00:00Z"
    step_seconds = 86400

    [amount]
    unit = "minor"       # amounts are integers in minor units; default "main": decimals in the currency
    sign = "plain"       # plain: all positive. A statement of one account instead says, row by row, which way money went:
                         # "negative_is_out", "positive_is_out", "direction" (a column of words) or "columns" (two of
                         # them: amount_in, amount_out)

    [direction]          # for sign = "direction": the words of the column `direction`
    in = ["贷", "C"]
    out = ["借", "D"]

Of the default columns, one that the map does not name is looked for under its own name. Where the sign says which way money
went, the columns are `account` and `counterparty` (with `account_bank`, `counterparty_country` and so on) in place of
`debtor` and `creditor`. Unknown keys are errors.
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from accord.core.canonical import content_hash
from accord.core.errors import BadInput, NotFound
from accord.core.wording import Messages
from accord.engine.records.errors import Msg


class RecordKind(StrEnum):
    """The tables of the record store."""

    TRANSFERS = "transfers"
    BALANCES = "balances"


class Sign(StrEnum):
    """How a source says which way money went."""

    PLAIN = "plain"
    NEGATIVE_IS_OUT = "negative_is_out"
    POSITIVE_IS_OUT = "positive_is_out"
    DIRECTION = "direction"
    COLUMNS = "columns"

    @property
    def of_one_account(self) -> bool:
        """Whether rows are seen from one account, so that debtor and creditor follow from the sign."""
        return self is not Sign.PLAIN


class TimeUnit(StrEnum):
    """What a plain number means as a time, counted from the map's epoch."""

    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    MICROSECONDS = "microseconds"
    STEPS = "steps"


_PARTY_EXTRAS: Final = ("bank", "country")
_TRANSFER_REQUIRED: Final = ("time", "debtor", "creditor", "amount", "currency")
_TRANSFER_OPTIONAL: Final = (
    *("id", "kind", "counter_amount", "counter_currency"),
    *(f"{party}_{extra}" for party in ("debtor", "creditor") for extra in _PARTY_EXTRAS),
)
_STATEMENT_OPTIONAL: Final = (
    *("id", "kind", "counter_amount", "counter_currency"),
    *(f"{party}_{extra}" for party in ("account", "counterparty") for extra in _PARTY_EXTRAS),
)
_STATEMENT_AMOUNTS: Final = {
    Sign.NEGATIVE_IS_OUT: ("amount",),
    Sign.POSITIVE_IS_OUT: ("amount",),
    Sign.DIRECTION: ("amount", "direction"),
    Sign.COLUMNS: ("amount_in", "amount_out"),
}
_BALANCE_REQUIRED: Final = ("account", "currency", "amount")
_BALANCE_OPTIONAL: Final = ("bank",)
_TARGETS: Final = frozenset(
    [
        *(_TRANSFER_REQUIRED + _TRANSFER_OPTIONAL + _STATEMENT_OPTIONAL + _BALANCE_REQUIRED + _BALANCE_OPTIONAL),
        *("account", "counterparty", "direction", "amount_in", "amount_out"),
    ]
)
_SECTIONS: Final[dict[str, frozenset[str] | None]] = {
    "columns": _TARGETS,
    "constants": _TARGETS,
    "text": frozenset({"encoding", "delimiter", "thousands", "decimal", "skip_lines"}),
    "time": frozenset({"zone", "format", "unit", "epoch", "step_seconds"}),
    "amount": frozenset({"sign", "unit"}),
    "direction": frozenset({"in", "out"}),
}


@dataclass(frozen=True, slots=True)
class TextRules:
    """How a file's bytes become values. None: found out from the file."""

    encoding: str | None = None
    delimiter: str | None = None
    thousands: str = ","
    decimal: str = "."
    skip_lines: int = 0


@dataclass(frozen=True, slots=True)
class TimeRules:
    """How a value becomes a time; `epoch` and `step_seconds` are for numbers in a `unit`."""

    zone: str | None = None
    format: str | None = None
    unit: TimeUnit | None = None
    epoch: datetime | None = None
    step_seconds: int = 1


@dataclass(frozen=True, slots=True)
class AmountRules:
    """How a value becomes an amount and, on a statement, which way it went."""

    sign: Sign = Sign.PLAIN
    minor_units: bool = False
    words_in: tuple[str, ...] = ()
    words_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The map of one source. `columns`: ours → theirs (one or more, joined). Build it with `from_toml` or `shipped`."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    text: TextRules = TextRules()
    time: TimeRules = TimeRules()
    amount: AmountRules = AmountRules()
    digest: str = "default"

    @classmethod
    def default(cls, kind: RecordKind) -> Self:
        """Columns under their own names, times with a zone, plain amounts. The same for every kind."""
        return cls(digest=f"default-{kind}")

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read a map file; BadInput names the key that is wrong."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise BadInput(Msg.NO_SUCH_MAP_FILE, where=str(path)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(Msg.MAP_CANNOT_BE_READ_UTF_8, error=error, where=str(path)) from None
        return cls._from_text(text, str(path))

    @classmethod
    def shipped(cls, name: str) -> Self:
        """A map that comes with Accord, such as "amlsim" or "bank-statement"; NotFound lists them."""
        folder = resources.files("accord.engine.records") / "maps"
        names = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
        if name not in names:
            raise NotFound(Msg.NO_MAP_SHIPPED, name=name, names=tuple(names))
        return cls._from_text((folder / f"{name}.toml").read_text(encoding="utf-8"), f"map {name}")

    @classmethod
    def _from_text(cls, text: str, where: str) -> Self:
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BadInput(Msg.MAP_NOT_VALID_TOML, error=error, where=where) from None
        _refuse_unknown_keys(document, where)
        reading = _Reading(document, where)
        return cls(
            columns=reading.columns(),
            constants=reading.constants(),
            text=reading.text(),
            time=reading.time(),
            amount=reading.amount(),
            digest=content_hash(document),
        )

    def required(self, kind: RecordKind) -> tuple[str, ...]:
        """The columns of ours that every row of `kind` must fill, under this map."""
        if kind is RecordKind.BALANCES:
            return _BALANCE_REQUIRED
        if not self.amount.sign.of_one_account:
            return _TRANSFER_REQUIRED
        return ("time", "account", "counterparty", *_STATEMENT_AMOUNTS[self.amount.sign], "currency")

    def optional(self, kind: RecordKind) -> tuple[str, ...]:
        """The columns of ours that may be absent or blank."""
        if kind is RecordKind.BALANCES:
            return _BALANCE_OPTIONAL
        return _STATEMENT_OPTIONAL if self.amount.sign.of_one_account else _TRANSFER_OPTIONAL

    def sources(self, kind: RecordKind, header: tuple[str, ...], where: str) -> dict[str, tuple[str, ...]]:
        """Ours → theirs for a file with this header; BadInput names a column that is needed but not there."""
        found: dict[str, tuple[str, ...]] = {}
        for target in (*self.required(kind), *self.optional(kind)):
            if target in self.constants:
                continue
            named = self.columns.get(target, (target,))
            missing = [source for source in named if source not in header]
            if not missing and named:
                found[target] = named
            elif target in self.required(kind) or (target in self.columns and missing):
                lacking = ", ".join(repr(source) for source in missing)
                raise BadInput(
                    Msg.NO_SUCH_COLUMN, lacking=lacking, target=target, header=tuple(header), name=target, where=where
                )
        return found


def _refuse_unknown_keys(document: dict[str, Any], where: str) -> None:
    for section, content in document.items():
        if section not in _SECTIONS:
            raise BadInput(Msg.UNKNOWN_KEY_MAP, section=section, sections=tuple(_SECTIONS), where=where)
        if not isinstance(content, dict):
            raise BadInput(Msg.MUST_BE_SECTION, section=section, name=section, where=where)
        known = _SECTIONS[section] or frozenset()
        for key in content:
            if key not in known:
                raise BadInput(Msg.UNKNOWN_KEY_KNOWN, section=section, key=key, known=sorted(known), where=where)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads the sections of one map document whose keys are known to be right."""

    document: dict[str, Any]
    where: str

    def columns(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for target, source in self.document.get("columns", {}).items():
            names = source if isinstance(source, list) else [source] if source != "" else []
            if not all(isinstance(name, str) and name for name in names):
                self._refuse(Msg.COLUMNS_MUST_BE_NAMES, target=target)
            found[target] = tuple(names)
        return found

    def constants(self) -> dict[str, str]:
        constants: dict[str, str] = {}
        for target in self.document.get("constants", {}):
            if target in self.document.get("columns", {}):
                self._refuse(Msg.COLUMN_AND_CONSTANT, target=target)
            constants[target] = self._string("constants", target) or ""
        return constants

    def text(self) -> TextRules:
        encoding, delimiter = self._string("text", "encoding"), self._string("text", "delimiter")
        thousands, decimal = self._string("text", "thousands"), self._string("text", "decimal")
        if encoding is not None:
            try:
                encoding = codecs.lookup(encoding).name
            except LookupError:
                self._refuse(Msg.UNKNOWN_ENCODING, encoding=encoding)
        for name, value in (("delimiter", delimiter), ("decimal", decimal), ("thousands", thousands)):
            if value is not None and len(value) != 1 and not (name == "thousands" and value == ""):
                self._refuse(Msg.MUST_BE_ONE_CHARACTER, name=name)
        decimal = decimal or "."
        if thousands is None:
            thousands = "," if decimal != "," else ""
        if thousands == decimal:
            self._refuse(Msg.SAME_CHARACTER_TWICE)
        skip_lines = self.document.get("text", {}).get("skip_lines", 0)
        if type(skip_lines) is not int or skip_lines < 0:
            self._refuse(Msg.SKIP_LINES_MUST_BE_A_NUMBER)
        return TextRules(encoding, delimiter, thousands, decimal, skip_lines)

    def time(self) -> TimeRules:
        zone, format_, unit = (self._string("time", key) for key in ("zone", "format", "unit"))
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                self._refuse(Msg.UNKNOWN_ZONE, zone=zone)
        if unit is not None and unit not in list(TimeUnit):
            self._refuse(Msg.UNKNOWN_TIME_UNIT, unit=unit, known=tuple(TimeUnit))
        if unit is not None and format_ is not None:
            self._refuse(Msg.UNIT_AND_FORMAT)
        section = self.document.get("time", {})
        step_seconds = section.get("step_seconds", 1)
        if type(step_seconds) is not int or step_seconds <= 0:
            self._refuse(Msg.STEP_SECONDS_MUST_BE_POSITIVE)
        if unit == TimeUnit.STEPS and not {"epoch", "step_seconds"} <= section.keys():
            self._refuse(Msg.STEPS_NEED_EPOCH)
        return TimeRules(zone, format_, TimeUnit(unit) if unit else None, self._epoch(), step_seconds)

    def _epoch(self) -> datetime | None:
        stated = self.document.get("time", {}).get("epoch")
        if stated is None:
            return None
        try:
            epoch = stated if isinstance(stated, datetime) else datetime.fromisoformat(stated)
        except (TypeError, ValueError):
            self._refuse(Msg.EPOCH_IS_NOT_A_TIME, stated=stated)
        if epoch.tzinfo is None:
            self._refuse(Msg.EPOCH_NEEDS_A_ZONE)
        return epoch

    def amount(self) -> AmountRules:
        sign, unit = self._string("amount", "sign") or "plain", self._string("amount", "unit") or "main"
        if sign not in list(Sign):
            self._refuse(Msg.UNKNOWN_SIGN, sign=sign, known=tuple(Sign))
        if unit not in ("main", "minor"):
            self._refuse(Msg.UNKNOWN_AMOUNT_UNIT, unit=unit)
        words = {}
        for way in ("in", "out"):
            words[way] = self.document.get("direction", {}).get(way, [])
            if not isinstance(words[way], list) or not all(isinstance(word, str) for word in words[way]):
                self._refuse(Msg.DIRECTION_MUST_BE_WORDS, way=way)
        if sign == Sign.DIRECTION and not (words["in"] and words["out"]):
            self._refuse(Msg.DIRECTION_NEEDS_WORDS)
        return AmountRules(Sign(sign), unit == "minor", tuple(words["in"]), tuple(words["out"]))

    def _string(self, section: str, key: str) -> str | None:
        value: Any = self.document.get(section, {}).get(key)
        if value is not None and not isinstance(value, str):
            self._refuse(Msg.MUST_BE_QUOTED_TEXT, section=section, key=key)
        return None if value is None else str(value)

    def _refuse(self, message: Messages, **params: object) -> None:
        raise BadInput(message, where=self.where, **params)
