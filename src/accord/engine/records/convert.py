"""Text columns to the columns of the record tables, with every row either kept or refused for a stated reason.

A refused row is refused for the first thing that is wrong with it, in the order of the checks. Amounts and times are in
`values.py`; here is what a transfer and an opening balance must be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from accord.core.identifiers import normalise_account_numbers
from accord.core.money import EXPONENTS
from accord.engine.records.reader import ROW, TextBlock
from accord.engine.records.schema import BALANCES, TRANSFERS, TransferKind
from accord.engine.records.source_map import RecordKind, Sign, SourceMap
from accord.engine.records.values import Read, epoch_micros, minor_units

REJECT_SCHEMA: Final = {"row": pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String}
_VALUE_SHOWN: Final = 200
_LONGEST_TEXT: Final = 256
"""Characters of an id or account number: longer ones are a sign of shifted columns, and would bloat every index."""

COLUMNS: Final = {
    RecordKind.TRANSFERS: tuple(name for name in TRANSFERS.names if name not in ("seq", "batch")),
    RecordKind.BALANCES: tuple(name for name in BALANCES.names if name not in ("seq", "batch")),
}
_INTEGERS: Final = frozenset({"time", "amount", "counter_amount"})


@dataclass(frozen=True, slots=True)
class Converted:
    """Good rows (table columns plus `row`; ids may be null) and refused ones (REJECT_SCHEMA), numbered alike."""

    good: pl.DataFrame
    rejects: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Check:
    """`refusal` is the reason why `column` is refused, null where it is not; `shown` is the source column whose value is told."""

    column: str
    refusal: pl.Expr


def convert(block: TextBlock, source_map: SourceMap, kind: RecordKind) -> Converted:
    """The rows of one block under one map. Row numbers stay those of the block."""
    text = _tidied(block.frame)
    if kind is RecordKind.BALANCES:
        converted = _sorted_out(*_balances(text, source_map), kind)
    else:
        source, parties = _from_statement(text, source_map) if source_map.amount.sign.of_one_account else (text, [])
        converted = _sorted_out(*_transfers(source, source_map, parties), kind)
    if not block.malformed:
        return converted
    malformed = pl.DataFrame(
        [(bad.row, "", bad.text[:_VALUE_SHOWN], bad.reason) for bad in block.malformed], schema=REJECT_SCHEMA, orient="row"
    )
    return Converted(converted.good, pl.concat([converted.rejects, malformed]).sort("row", maintain_order=True))


def _tidied(frame: pl.DataFrame) -> pl.DataFrame:
    """Values without outer white space; blank ones null."""
    tidy = pl.col(pl.String).str.strip_chars()
    tidied = frame.with_columns(tidy)
    return tidied.with_columns(pl.when(pl.col(pl.String).str.len_bytes() > 0).then(pl.col(pl.String)))


def _with_missing(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    absent = [name for name in names if name not in frame.columns]
    return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)


def _from_statement(text: pl.DataFrame, source_map: SourceMap) -> tuple[pl.DataFrame, list[_Check]]:
    """Rows seen from one account, turned into debtor and creditor."""
    sides = tuple(f"{side}{extra}" for side in ("account", "counterparty") for extra in ("", "_bank", "_country"))
    frame = _with_missing(text, sides)
    rules, amount = source_map.amount, pl.col("amount")
    checks: list[_Check] = []
    if rules.sign is Sign.COLUMNS:
        filled = {way: _filled(pl.col(f"amount_{way}")) for way in ("in", "out")}
        out = filled["out"]
        checks.append(_Check("amount_in", pl.when(filled["in"] & filled["out"]).then(pl.lit("and amount_out are both filled"))))
        frame = frame.with_columns(amount=pl.when(out).then(pl.col("amount_out")).otherwise(pl.col("amount_in")))
    elif rules.sign is Sign.DIRECTION:
        out = pl.col("direction").is_in(rules.words_out)
        known = out | pl.col("direction").is_in(rules.words_in)
        checks.append(
            _Check("direction", pl.when(~known.fill_null(value=False)).then(pl.lit("is no word of [direction] in the map")))
        )
    else:
        minus = amount.str.starts_with("-")
        out = minus if rules.sign is Sign.NEGATIVE_IS_OUT else ~minus
        frame = frame.with_columns(out=out.fill_null(value=False), amount=amount.str.strip_prefix("-"))
        out = pl.col("out")
    roles = {"debtor": ("account", "counterparty"), "creditor": ("counterparty", "account")}
    return frame.with_columns(
        pl.when(out).then(pl.col(f"{when_out}{extra}")).otherwise(pl.col(f"{when_in}{extra}")).alias(f"{role}{extra}")
        for role, (when_out, when_in) in roles.items()
        for extra in ("", "_bank", "_country")
    ), checks


def _filled(amount: pl.Expr) -> pl.Expr:
    """Neither blank nor a zero such as "0.00", which statements print in the column that does not apply."""
    return amount.is_not_null() & amount.str.contains(r"[^0.,\s]")


def _transfers(text: pl.DataFrame, source_map: SourceMap, checks: list[_Check]) -> tuple[pl.DataFrame, list[_Check]]:
    frame = _with_missing(text, COLUMNS[RecordKind.TRANSFERS])
    frame = frame.with_columns(
        pl.col("currency", "counter_currency", "debtor_country", "creditor_country").str.to_uppercase(),
        kind=pl.col("kind").str.to_lowercase().fill_null(TransferKind.TRANSFER),
    )
    times = epoch_micros(frame, source_map.time)
    minor = source_map.amount.minor_units
    amount = minor_units(pl.col("amount"), pl.col("currency"), source_map.text, minor=minor)
    counter = Read(pl.lit(None, pl.Int64), pl.lit(None, pl.String))
    if frame.get_column("counter_amount").null_count() < frame.height:
        counter = minor_units(pl.col("counter_amount"), pl.col("counter_currency"), source_map.text, minor=minor)
    frame = frame.with_columns(
        times.get_column("time").alias("value:time"),
        times.get_column("refusal").alias("refusal:time"),
        amount.value.alias("value:amount"),
        counter.value.alias("value:counter_amount"),
    )
    for role in ("debtor", "creditor"):
        frame = frame.with_columns(canonical_accounts(frame.get_column(role)).alias(f"value:{role}"))
    return frame, [
        _Check("id", _overlong("id")),
        _Check("time", pl.col("refusal:time")),
        *checks,
        *(_Check(role, _missing_or_overlong(role)) for role in ("debtor", "creditor")),
        _Check("currency", _unknown_currency("currency")),
        _Check("amount", amount.refusal),
        *(_Check(name, _bad_country(name)) for name in ("debtor_country", "creditor_country")),
        _Check("kind", _unknown_kind()),
        *_counter_checks(counter),
    ]


def _balances(text: pl.DataFrame, source_map: SourceMap) -> tuple[pl.DataFrame, list[_Check]]:
    frame = _with_missing(text, COLUMNS[RecordKind.BALANCES]).with_columns(pl.col("currency").str.to_uppercase())
    minor = source_map.amount.minor_units
    amount = minor_units(pl.col("amount"), pl.col("currency"), source_map.text, minor=minor, zero_allowed=True)
    frame = frame.with_columns(amount.value.alias("value:amount"))
    frame = frame.with_columns(canonical_accounts(frame.get_column("account")).alias("value:account"))
    return frame, [
        _Check("account", _missing_or_overlong("account")),
        _Check("currency", _unknown_currency("currency")),
        _Check("amount", amount.refusal),
    ]


def canonical_accounts(numbers: pl.Series) -> pl.Series:
    """Account numbers in canonical form; each different spelling is worked out once."""
    distinct = numbers.unique().drop_nulls()
    spelled = distinct.to_list()
    canonical = normalise_account_numbers(spelled)
    changed = {before: after for before, after in zip(spelled, canonical, strict=True) if before != after}
    return numbers.replace(changed) if changed else numbers


def _missing_or_overlong(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_null()).then(pl.lit("is missing")).otherwise(_overlong(name))


def _overlong(name: str) -> pl.Expr:
    return pl.when(pl.col(name).str.len_bytes() > _LONGEST_TEXT).then(pl.lit(f"is longer than {_LONGEST_TEXT} bytes"))


def _unknown_currency(name: str) -> pl.Expr:
    column = pl.col(name)
    unknown = pl.when(~column.is_in(list(EXPONENTS))).then(pl.lit("is no currency; give an ISO 4217 code such as CNY"))
    return pl.when(column.is_null()).then(pl.lit("is missing")).otherwise(unknown)


def _bad_country(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).str.contains(r"^[A-Z]{2}$")).then(pl.lit("is no country; give two letters such as CN"))


def _unknown_kind() -> pl.Expr:
    kinds = list(TransferKind)
    return pl.when(~pl.col("kind").is_in(kinds)).then(pl.lit(f"is no kind; give one of {', '.join(kinds)}"))


def _counter_checks(counter: Read) -> list[_Check]:
    amount, currency = pl.col("counter_amount"), pl.col("counter_currency")
    return [
        _Check(
            "counter_currency",
            pl.when(amount.is_not_null() & currency.is_null())
            .then(pl.lit("is missing, but there is a counter_amount"))
            .when(currency.is_not_null() & amount.is_null())
            .then(pl.lit("is given without a counter_amount"))
            .when(currency.is_not_null())
            .then(_unknown_currency("counter_currency")),
        ),
        _Check("counter_amount", pl.when(amount.is_not_null()).then(counter.refusal)),
    ]


def _sorted_out(frame: pl.DataFrame, checks: list[_Check], kind: RecordKind) -> Converted:
    """Split rows by whether any check refuses them."""
    refusals = frame.select(check.refusal.alias(str(number)) for number, check in enumerate(checks))
    bad = refusals.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    typed = frame.select(
        (pl.col(f"value:{name}") if f"value:{name}" in frame.columns else pl.col(name)).alias(name)
        for name in (*COLUMNS[kind], ROW)
    )
    if not bad.any():
        return Converted(typed, pl.DataFrame(schema=REJECT_SCHEMA))
    shown = [_as_text(frame, check.column) for check in checks]
    numbered = list(enumerate(checks))
    reasons = pl.coalesce(pl.col(str(number)) for number, _ in numbered)
    columns = pl.coalesce(pl.when(pl.col(str(number)).is_not_null()).then(pl.lit(check.column)) for number, check in numbered)
    values = pl.coalesce(
        pl.when(pl.col(str(number)).is_not_null()).then(pl.col(f"shown:{number}").fill_null("")) for number, _ in numbered
    )
    wide = refusals.with_columns(
        frame.get_column(ROW), *(series.alias(f"shown:{number}") for number, series in enumerate(shown))
    ).filter(bad)
    rejects = wide.select(row=pl.col(ROW), column=columns, value=values.str.slice(0, _VALUE_SHOWN), reason=reasons)
    return Converted(typed.filter(~bad), rejects.cast(REJECT_SCHEMA))


def _as_text(frame: pl.DataFrame, column: str) -> pl.Series:
    return frame.get_column(column).cast(pl.String)


Converter = Callable[[TextBlock], Converted]
