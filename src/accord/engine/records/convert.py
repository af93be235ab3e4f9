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
from accord.core.wording import stored
from accord.engine.records.errors import Msg
from accord.engine.records.reader import ROW, TextBlock
from accord.engine.records.schema import BALANCES, TRANSFERS, TransferKind
from accord.engine.records.source_map import RecordKind, Sign, SourceMap
from accord.engine.records.values import amount_refusals, epoch_micros, minor_units, time_refusals

REJECT_SCHEMA: Final = pl.Schema({"row": pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String})
_VALUE_SHOWN: Final = 200
_LONGEST_TEXT: Final = 256
"""Characters of an id or account number: longer ones are a sign of shifted columns, and would bloat every index."""

COLUMNS: Final = {
    RecordKind.TRANSFERS: tuple(name for name in TRANSFERS.names if name not in ("seq", "batch")),
    RecordKind.BALANCES: tuple(name for name in BALANCES.names if name not in ("seq", "batch")),
}
_CANONICAL: Final = "^[0-9A-Z]+$"
_CURRENCY_OF: Final = {"amount": "value:currency", "counter_amount": "value:counter_currency"}
_IN_CAPITALS: Final = ("currency", "counter_currency", "debtor_country", "creditor_country")
_CURRENCIES: Final = list(EXPONENTS)
_KINDS: Final = [str(kind) for kind in TransferKind]


@dataclass(frozen=True, slots=True)
class Converted:
    """Good rows (table columns plus `row`; ids may be null) and refused ones (REJECT_SCHEMA), numbered alike."""

    good: pl.DataFrame
    rejects: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Check:
    """One thing that may be wrong with a row: whether it is, cheaply for all rows, and why, for the rows where it is.

    `reasons` is a text, or a function of the frame of refused rows. The value shown in the rejects is that of `column`.
    """

    column: str
    bad: pl.Expr
    reasons: str | Callable[[pl.DataFrame], pl.Series]


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
    rules = source_map.amount
    checks: list[_Check] = []
    if rules.sign is Sign.COLUMNS:
        inward, outward = (_filled(pl.col(f"amount_{way}")) for way in ("in", "out"))
        frame = frame.with_columns(out=outward, both=inward & outward)
        frame = frame.with_columns(amount=pl.when("out").then("amount_out").otherwise("amount_in"))
        checks.append(_Check("amount_in", pl.col("both"), stored(Msg.GIVEN_BESIDE_AMOUNT_OUT.with_())))
    elif rules.sign is Sign.DIRECTION:
        frame = frame.with_columns(out=pl.col("direction").is_in(rules.words_out).fill_null(value=False))
        known = pl.col("direction").is_in(rules.words_in + rules.words_out).fill_null(value=False)
        checks.append(_Check("direction", ~known, stored(Msg.IS_NOT_A_DIRECTION.with_())))
    else:
        minus = pl.col("amount").str.starts_with("-").fill_null(value=False)
        frame = frame.with_columns(out=minus if rules.sign is Sign.NEGATIVE_IS_OUT else ~minus)
        frame = frame.with_columns(amount=pl.col("amount").str.strip_prefix("-"))
    roles = {"debtor": ("account", "counterparty"), "creditor": ("counterparty", "account")}
    return frame.with_columns(
        pl.when("out").then(pl.col(f"{when_out}{extra}")).otherwise(pl.col(f"{when_in}{extra}")).alias(f"{role}{extra}")
        for role, (when_out, when_in) in roles.items()
        for extra in ("", "_bank", "_country")
    ), checks


def _filled(amount: pl.Expr) -> pl.Expr:
    """Neither blank nor a zero such as "0.00", which statements print in the column that does not apply."""
    return amount.str.contains(r"[^0.,\s]").fill_null(value=False)


def _transfers(text: pl.DataFrame, source_map: SourceMap, checks: list[_Check]) -> tuple[pl.DataFrame, list[_Check]]:
    absent = {"counter_amount", "counter_currency"}.isdisjoint(text.columns)
    frame = _with_missing(text, COLUMNS[RecordKind.TRANSFERS])
    frame = frame.with_columns(
        *(pl.col(name).str.to_uppercase().alias(f"value:{name}") for name in _IN_CAPITALS),
        pl.col("kind").str.to_lowercase().fill_null(TransferKind.TRANSFER).alias("value:kind"),
    )
    counter = pl.Series("value", [None], pl.Int64).new_from_index(0, frame.height)
    if not absent:
        counter = _minor_units(frame, "counter_amount", source_map)
    frame = frame.with_columns(
        epoch_micros(frame.get_column("time"), source_map.time).alias("value:time"),
        _minor_units(frame, "amount", source_map).alias("value:amount"),
        counter.alias("value:counter_amount"),
        *(canonical_accounts(frame.get_column(role)).alias(f"value:{role}") for role in ("debtor", "creditor")),
    )
    return frame, [
        _overlong("id"),
        _Check("time", pl.col("value:time").is_null(), lambda bad: time_refusals(bad.get_column("time"), source_map.time)),
        *checks,
        *(check for role in ("debtor", "creditor") for check in (_missing(role), _overlong(role))),
        *_currency_checks("currency"),
        _amount_check("amount", source_map),
        *(_country_check(name) for name in ("debtor_country", "creditor_country")),
        _Check("kind", ~pl.col("value:kind").is_in(_KINDS), stored(Msg.IS_NOT_A_KIND.with_(known=tuple(_KINDS)))),
        *(() if absent else _counter_checks(source_map)),
    ]


def _balances(text: pl.DataFrame, source_map: SourceMap) -> tuple[pl.DataFrame, list[_Check]]:
    frame = _with_missing(text, COLUMNS[RecordKind.BALANCES])
    frame = frame.with_columns(pl.col("currency").str.to_uppercase().alias("value:currency"))
    frame = frame.with_columns(
        _minor_units(frame, "amount", source_map, zero=True).alias("value:amount"),
        canonical_accounts(frame.get_column("account")).alias("value:account"),
    )
    return frame, [
        _missing("account"),
        _overlong("account"),
        *_currency_checks("currency"),
        _amount_check("amount", source_map),
    ]


def canonical_accounts(numbers: pl.Series) -> pl.Series:
    """Account numbers in canonical form; each different spelling is worked out once.

    Digits and capitals alone are canonical whatever the form of the account, which saves most columns the work.
    """
    distinct = numbers.filter(~numbers.str.contains(_CANONICAL)).unique().drop_nulls()
    spelled = distinct.to_list()
    canonical = normalise_account_numbers(spelled)
    changed = {before: after for before, after in zip(spelled, canonical, strict=True) if before != after}
    return numbers.replace(changed) if changed else numbers


def _minor_units(frame: pl.DataFrame, column: str, source_map: SourceMap, *, zero: bool = False) -> pl.Series:
    currency = frame.get_column(_CURRENCY_OF[column])
    return minor_units(frame.get_column(column), currency, source_map.text, source_map.amount, zero=zero)


def _amount_check(column: str, source_map: SourceMap) -> _Check:
    def reasons(bad: pl.DataFrame) -> pl.Series:
        currency = bad.get_column(_CURRENCY_OF[column])
        return amount_refusals(bad.get_column(column), currency, source_map.text, source_map.amount)

    return _Check(column, pl.col(f"value:{column}").is_null(), reasons)


def _missing(column: str) -> _Check:
    return _Check(column, pl.col(column).is_null(), stored(Msg.IS_MISSING.with_()))


def _overlong(column: str) -> _Check:
    return _Check(column, pl.col(column).str.len_bytes() > _LONGEST_TEXT, stored(Msg.IS_LONGER_THAN.with_(count=_LONGEST_TEXT)))


def _currency_checks(column: str) -> tuple[_Check, _Check]:
    unknown = ~pl.col(f"value:{column}").is_in(_CURRENCIES)
    return _missing(column), _Check(column, unknown, stored(Msg.IS_NOT_A_CURRENCY.with_()))


def _country_check(column: str) -> _Check:
    return _Check(column, ~pl.col(f"value:{column}").str.contains("^[A-Z]{2}$"), stored(Msg.IS_NOT_A_COUNTRY.with_()))


def _counter_checks(source_map: SourceMap) -> tuple[_Check, ...]:
    amount, currency = pl.col("counter_amount"), pl.col("counter_currency")
    wrong_amount = _amount_check("counter_amount", source_map)
    return (
        _Check("counter_currency", amount.is_not_null() & currency.is_null(), stored(Msg.COUNTER_CURRENCY_MISSING.with_())),
        _Check("counter_currency", currency.is_not_null() & amount.is_null(), stored(Msg.COUNTER_AMOUNT_MISSING.with_())),
        _currency_checks("counter_currency")[1],
        _Check("counter_amount", amount.is_not_null() & wrong_amount.bad, wrong_amount.reasons),
    )


def _sorted_out(frame: pl.DataFrame, checks: list[_Check], kind: RecordKind) -> Converted:
    """Split rows by whether any check refuses them; a refused row is told the first reason."""
    names = [str(number) for number in range(len(checks))]
    failed = frame.select(check.bad.fill_null(value=False).alias(name) for name, check in zip(names, checks, strict=True))
    bad = failed.select(pl.any_horizontal(names)).to_series()
    typed = frame.select(
        (pl.col(f"value:{name}") if f"value:{name}" in frame.columns else pl.col(name)).alias(name)
        for name in (*COLUMNS[kind], ROW)
    )
    if not bad.any():
        return Converted(typed, pl.DataFrame(schema=REJECT_SCHEMA))
    pending, pending_failed = frame.filter(bad), failed.filter(bad)
    rejects = []
    for name, check in zip(names, checks, strict=True):
        refused = pending_failed.get_column(name)
        if refused.any():
            rejects.append(_rejects(pending.filter(refused), check))
            pending, pending_failed = pending.filter(~refused), pending_failed.filter(~refused)
    return Converted(typed.filter(~bad), pl.concat(rejects).sort(ROW))


def _rejects(refused: pl.DataFrame, check: _Check) -> pl.DataFrame:
    reasons = check.reasons if isinstance(check.reasons, str) else check.reasons(refused)
    value = pl.col(check.column).cast(pl.String).str.slice(0, _VALUE_SHOWN)
    reason = pl.lit(reasons) if isinstance(reasons, str) else reasons
    return refused.select(ROW, pl.lit(check.column).alias("column"), value.alias("value"), reason.alias("reason"))
