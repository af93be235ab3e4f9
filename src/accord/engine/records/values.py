"""Text columns to integers, whole columns at a time: amounts to minor units, times to epoch microseconds.

Amounts never pass through a floating-point number: digits before and after the decimal sign become integers by themselves.
A value that is refused is null; the reasons are worked out afterwards, for those rows alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from accord.core import clock
from accord.core.money import EXPONENTS, MAX_MINOR
from accord.core.wording import Messages, stored
from accord.engine.records.errors import Msg
from accord.engine.records.source_map import AmountRules, TextRules, TimeRules, TimeUnit

_MICROS: Final = {TimeUnit.SECONDS: 1_000_000, TimeUnit.MILLISECONDS: 1_000, TimeUnit.MICROSECONDS: 1}
_GROUPED: Final = r"^-?[0-9]{1,3}(?:@[0-9]{2,3})*@[0-9]{3}(?:[^0-9]|$)"
"""Thousands in groups of three, or of two as in India, the last group always of three: "1,23" is no amount."""
_PLAIN: Final = r"^-?[0-9]+(?:\.[0-9]*)?$"
_TAIL: Final = "(?:[.,]([0-9]{1,9}))?(?: ?(?:([Zz])|([+-])([01][0-9]|2[0-3]):?([0-5][0-9])?))?"
_ISO: Final = f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]{_TAIL}$"
_POWERS: Final = {decimals: 10**decimals for decimals in range(max(EXPONENTS.values()) + 1)}


def minor_units(
    amount: pl.Series, currency: pl.Series, text: TextRules, rules: AmountRules, *, zero: bool = False
) -> pl.Series:
    """Decimal text in a currency (null where unknown) to int64 minor units; null where `amount_refusals` has a reason.

    `zero` allows an amount of zero.
    """
    parts = _amount_parts(amount, currency, text, rules)
    accepted = pl.col("plain") & pl.col("fits") & pl.col("value").is_between(0 if zero else 1, MAX_MINOR)
    return parts.select(pl.when(accepted).then("value")).to_series()


def amount_refusals(amount: pl.Series, currency: pl.Series, text: TextRules, rules: AmountRules) -> pl.Series:
    """Why `minor_units` gives null, for rows where it does."""
    return (
        _amount_parts(amount, currency, text, rules)
        .select(
            pl.when(pl.col("amount").is_null())
            .then(_reason(Msg.IS_MISSING))
            .when(~pl.col("plain"))
            .then(_reason(Msg.IS_NOT_AN_AMOUNT))
            .when(pl.col("currency").is_null())
            .then(_reason(Msg.HAS_NO_KNOWN_CURRENCY))
            .when(pl.col("text").str.starts_with("-") & ~pl.col("text").str.contains(r"^[-0.]*$"))
            .then(_reason(Msg.IS_NEGATIVE))
            .when(~pl.col("fits"))
            .then(_too_many_decimals(rules))
            .when(pl.col("value") == 0)
            .then(_reason(Msg.IS_ZERO))
            .otherwise(_reason(Msg.IS_LARGER_THAN_ACCEPTED))
            .alias("refusal")
        )
        .to_series()
    )


def _reason(message: Messages, **params: object) -> pl.Expr:
    """Why a value is refused, as it is stored: the file of rejects says it in English, pages in the reader's language."""
    return pl.lit(stored(message.with_(**params)))


def _too_many_decimals(rules: AmountRules) -> pl.Expr:
    """The currency and its decimals differ from row to row: a stored reason for each of the currencies."""
    if rules.minor_units:
        return _reason(Msg.HAS_MORE_DECIMALS, currency=Msg.A_MINOR_UNIT, count=0)
    reasons = {code: stored(Msg.HAS_MORE_DECIMALS.with_(currency=code, count=count)) for code, count in EXPONENTS.items()}
    return pl.col("currency").replace_strict(reasons, default=None, return_dtype=pl.String)


def _amount_parts(amount: pl.Series, currency: pl.Series, text: TextRules, rules: AmountRules) -> pl.DataFrame:
    """What there is to know of each amount: whether it is `plain` decimal text, whether its decimals fit, its `value`.

    A negative or overlong amount gets a value below zero or none at all.
    """
    frame = pl.DataFrame({"amount": amount, "currency": currency, "text": _plain_numbers(amount, text)})
    exponent = pl.lit(0, pl.Int8)
    if not rules.minor_units:
        exponent = pl.col("currency").replace_strict(EXPONENTS, default=None, return_dtype=pl.Int8)
    split = pl.col("text").str.split_exact(".", 1)
    frame = frame.with_columns(exponent=exponent, split=split, plain=pl.col("text").str.contains(_PLAIN))
    frame = frame.with_columns(
        whole=pl.col("split").struct.field("field_0").cast(pl.Int64, strict=False),
        digits=pl.col("split").struct.field("field_1").fill_null("").str.strip_chars_end("0"),
    )
    frame = frame.with_columns(missing_digits=pl.col("exponent") - pl.col("digits").str.len_bytes().cast(pl.Int8, strict=False))
    frame = frame.with_columns(fits=pl.col("missing_digits") >= 0, plain=pl.col("plain").fill_null(value=False))
    per_main, per_digit = (
        pl.col(name).replace_strict(_POWERS, default=None, return_dtype=pl.Int64) for name in ("exponent", "missing_digits")
    )
    frame = frame.with_columns(per_main=per_main, per_digit=per_digit)
    fraction = pl.col("digits").cast(pl.Int64, strict=False).fill_null(0) * pl.col("per_digit")
    small = pl.col("whole").is_between(0, MAX_MINOR // pl.col("per_main")) & ~pl.col("text").str.starts_with("-")
    return frame.with_columns(value=pl.when(small).then(pl.col("whole") * pl.col("per_main") + fraction))


def _plain_numbers(amount: pl.Series, rules: TextRules) -> pl.Series:
    """Amounts without plus sign and separators, with a point; badly grouped text stays as it is, to be refused."""
    plain = amount.str.strip_prefix("+")
    if rules.thousands and plain.str.contains(rules.thousands, literal=True).any():
        grouped = plain.str.contains(_GROUPED.replace("@", _escaped(rules.thousands)))
        ungrouped = plain.str.replace_all(rules.thousands, "", literal=True)
        plain = plain.to_frame("plain").select(pl.when(grouped).then(ungrouped).otherwise("plain")).to_series()
    if rules.decimal != ".":
        pointed = plain.str.contains(".", literal=True)
        plain = plain.str.replace(rules.decimal, ".", literal=True)
        plain = plain.to_frame("plain").select(pl.when(pointed).then(pl.lit("?")).otherwise("plain")).to_series()
    return plain


def _escaped(character: str) -> str:
    return rf"\x{{{ord(character):x}}}"


def epoch_micros(column: pl.Series, rules: TimeRules) -> pl.Series:
    """Times as text (or instants) to int64 epoch microseconds; null where `time_refusals` has a reason."""
    read = _read_times(column, rules)
    return read.select(pl.when(pl.col("time") <= clock.to_micros(clock.now())).then("time")).to_series()


def time_refusals(column: pl.Series, rules: TimeRules) -> pl.Series:
    """Why `epoch_micros` gives null, for rows where it does."""
    return (
        _read_times(column, rules)
        .select(
            pl.when(pl.lit(column.is_null()))
            .then(_reason(Msg.IS_MISSING))
            .when(pl.col("refusal").is_not_null())
            .then("refusal")
            .when(pl.col("time").is_null())
            .then(_reason(Msg.IS_NOT_A_TIME_THAT_EXISTS))
            .otherwise(_reason(Msg.IS_IN_THE_FUTURE))
            .alias("refusal")
        )
        .to_series()
    )


def _read_times(column: pl.Series, rules: TimeRules) -> pl.DataFrame:
    """Columns `time` (epoch microseconds) and `refusal` (null where a time was read)."""
    if column.dtype == pl.Datetime:
        return column.to_frame("time").select(time=pl.col("time").dt.epoch("us"), refusal=pl.lit(None, pl.String))
    if rules.unit is not None:
        return _counted(column, rules)
    if rules.format is not None:
        return _formatted(column, rules.format, rules.zone)
    return _iso_or_epoch(column, rules.zone)


def _counted(column: pl.Series, rules: TimeRules) -> pl.DataFrame:
    """Plain numbers of a unit since an epoch."""
    assert rules.unit is not None
    factor = _MICROS.get(rules.unit, rules.step_seconds * 1_000_000)
    start = clock.to_micros(rules.epoch) if rules.epoch else 0
    text = pl.col("time")
    return column.to_frame("time").select(
        time=start + text.cast(pl.Int64, strict=False) * factor,
        refusal=pl.when(~text.str.contains("^-?[0-9]{1,16}$")).then(_reason(Msg.IS_NOT_A_WHOLE_NUMBER, unit=rules.unit.value)),
    )


def _formatted(column: pl.Series, pattern: str, zone: str | None) -> pl.DataFrame:
    """Times in a stated strptime form; those without a zone are local to `zone`. Reads each different text once."""
    distinct = column.unique().drop_nulls()
    carries_zone = "%z" in pattern or "%:z" in pattern or "%#z" in pattern
    moments = distinct.str.to_datetime(
        pattern, time_unit="us", time_zone="UTC" if carries_zone else None, strict=False, exact=True
    )
    refusal = pl.when(pl.col("moment").is_null()).then(_reason(Msg.HAS_NOT_THE_FORM, pattern=pattern))
    read = pl.DataFrame({"text": distinct, "moment": moments}).with_columns(refusal=refusal)
    if not carries_zone:
        read = read.with_columns(_localised(pl.col("moment"), zone))
    else:
        read = read.with_columns(time=pl.col("moment").dt.epoch("us"))
    table = read.select("text", "time", "refusal")
    return column.to_frame("text").join(table, on="text", how="left", maintain_order="left").select("time", "refusal")


def _localised(moment: pl.Expr, zone: str | None) -> tuple[pl.Expr, pl.Expr]:
    if zone is None:
        reason = stored(Msg.HAS_NO_ZONE.with_())
        return pl.lit(None, pl.Int64).alias("time"), pl.col("refusal").fill_null(reason).alias("refusal")
    aware = moment.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    twice = pl.when(moment.is_not_null() & aware.is_null()).then(_reason(Msg.CLOCKS_CHANGED, zone=zone))
    return aware.dt.convert_time_zone("UTC").dt.epoch("us").alias("time"), pl.coalesce(pl.col("refusal"), twice).alias(
        "refusal"
    )


def _iso_or_epoch(column: pl.Series, zone: str | None) -> pl.DataFrame:
    """ISO 8601 (date, T or blank, time, perhaps a fraction, perhaps a zone) or integer epoch seconds, row by row."""
    text = pl.col("time")
    frame = column.to_frame("time").with_columns(number=text.str.contains("^-?[0-9]{1,15}$"))
    if frame.get_column("number").all():
        return _counted(column, TimeRules(unit=TimeUnit.SECONDS))
    hours, minutes, seconds = (text.str.slice(at, 2).cast(pl.Int64, strict=False) for at in (11, 14, 17))
    parts = frame.select(
        "number",
        seconds=pl.when("number").then("time").cast(pl.Int64, strict=False),
        iso=text.str.contains(_ISO),
        clock_micros=((hours * 60 + minutes) * 60 + seconds) * 1_000_000,
        day=text.str.slice(0, 10),
        tail=text.str.slice(19),
    )
    parts = _looked_up(_looked_up(parts, "day", _days), "tail", _tails)
    return _assembled(parts, zone)


def _looked_up(frame: pl.DataFrame, column: str, read: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """The columns that `read` makes of a column's values, each different value read once."""
    distinct = frame.get_column(column).unique().drop_nulls()
    table = read(distinct)
    if len(distinct) == 1 and frame.get_column(column).null_count() == 0:
        return frame.with_columns(pl.lit(value).first().alias(value.name) for value in table)
    return frame.join(table.with_columns(distinct.alias(column)), on=column, how="left", maintain_order="left")


def _assembled(parts: pl.DataFrame, zone: str | None) -> pl.DataFrame:
    local = pl.when("iso").then(pl.col("day_micros") + pl.col("clock_micros") + pl.col("fraction"))
    frame = parts.with_columns(local=local, refusal=pl.lit(None, pl.String))
    frame = frame.with_columns(bare=pl.col("local").is_not_null() & pl.col("offset").is_null())
    frame = frame.with_columns(time=pl.col("local") - pl.col("offset"))
    if frame.get_column("bare").any():
        local_time, local_refusal = _localised(pl.from_epoch("local", time_unit="us"), zone)
        frame = frame.with_columns(
            time=pl.when("bare").then(local_time).otherwise("time"), refusal=pl.when("bare").then(local_refusal)
        )
    unread = pl.when(pl.col("local").is_null()).then(_reason(Msg.IS_NOT_A_TIME))
    return frame.select(
        time=pl.when("number").then(pl.col("seconds") * 1_000_000).otherwise("time"),
        refusal=pl.when(~pl.col("number")).then(pl.coalesce("refusal", unread)),
    )


def _days(distinct: pl.Series) -> pl.DataFrame:
    days = distinct.str.to_date("%Y-%m-%d", strict=False)
    return pl.DataFrame({"day_micros": days.cast(pl.Int32).cast(pl.Int64) * 86_400_000_000})


def _tails(distinct: pl.Series) -> pl.DataFrame:
    """Fraction and offset (both in microseconds; offset null when there is no zone) of what follows the seconds."""
    pieces = distinct.str.extract_groups(f"^{_TAIL}$").struct.unnest()
    fraction, utc, sign, hours, minutes = (pl.col(name) for name in pieces.columns)
    whole = fraction.fill_null("").str.slice(0, 6).str.pad_end(6, "0").cast(pl.Int64)
    offset = (hours.cast(pl.Int64) * 60 + minutes.cast(pl.Int64).fill_null(0)) * 60_000_000
    signed = pl.when(utc.is_not_null()).then(0).otherwise(pl.when(sign == "-").then(-offset).otherwise(offset))
    return pieces.select(fraction=whole, offset=signed)
