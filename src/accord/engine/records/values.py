"""Text columns to integers, whole columns at a time: amounts to minor units, times to epoch microseconds.

Amounts never pass through a floating-point number: digits before and after the decimal sign become integers by themselves.
Each function gives expressions for the value and for the reason why a value is refused (null: it is not). A value whose
reason is not null means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from accord.core import clock
from accord.core.money import EXPONENTS, MAX_MINOR
from accord.engine.records.source_map import TextRules, TimeRules, TimeUnit

_MINOR_PER_MAIN: Final = {code: 10**decimals for code, decimals in EXPONENTS.items()}
_MICROS: Final = {TimeUnit.SECONDS: 1_000_000, TimeUnit.MILLISECONDS: 1_000, TimeUnit.MICROSECONDS: 1}
_GROUPED: Final = r"^\d{1,3}(?:@\d{2,3})*@\d{3}(?:\D|$)"
"""Thousands in groups of three, or of two as in India, the last group always of three: "1,23" is no amount."""


@dataclass(frozen=True, slots=True)
class Read:
    """A column read from text: its value, and why a value is refused (null where it is not)."""

    value: pl.Expr
    refusal: pl.Expr


def minor_units(amount: pl.Expr, currency: pl.Expr, rules: TextRules, *, minor: bool, zero_allowed: bool = False) -> Read:
    """Decimal text (blank is null) in `currency` to int64 minor units; with `minor`, integer text that already is."""
    text = _plain_number(amount, rules)
    unsigned = text.str.strip_prefix("-")
    per_main = pl.lit(1, pl.Int64) if minor else currency.replace_strict(_MINOR_PER_MAIN, default=1, return_dtype=pl.Int64)
    parts = unsigned.str.split_exact(".", 1)
    whole_text = parts.struct.field("field_0").str.strip_chars_start("0")
    fraction_text = parts.struct.field("field_1").fill_null("").str.strip_chars_end("0")
    whole = pl.when(whole_text.str.len_bytes() == 0).then(0).otherwise(whole_text.cast(pl.Int64, strict=False))
    scale = fraction_text.str.len_bytes().clip(0, 4).replace_strict({n: 10**n for n in range(5)}, return_dtype=pl.Int64)
    fraction = fraction_text.cast(pl.Int64, strict=False).fill_null(0)
    too_large = whole.is_null() | (whole > MAX_MINOR // per_main)
    value = pl.when(~too_large).then(whole * per_main + fraction * (per_main // scale))
    decimals = currency.replace_strict(EXPONENTS, default=0, return_dtype=pl.Int8) if not minor else pl.lit(0, pl.Int8)
    refusal = (
        pl.when(amount.is_null())
        .then(pl.lit("is missing"))
        .when(~unsigned.str.contains(r"^\d+(?:\.\d*)?$"))
        .then(pl.lit("is not an amount; write it like 1234.50"))
        .when(per_main < scale)
        .then(pl.format("has more decimals than {} has ({})", currency.fill_null("minor units"), decimals))
        .when(too_large | (value > MAX_MINOR))
        .then(pl.lit("is larger than any amount accepted here"))
        .when(text.str.starts_with("-") & ~(pl.lit(zero_allowed) & (value == 0)))
        .then(pl.lit("is negative"))
        .when((value == 0) & ~pl.lit(zero_allowed))
        .then(pl.lit("is zero"))
    )
    return Read(value, refusal)


def _plain_number(amount: pl.Expr, rules: TextRules) -> pl.Expr:
    """`amount` without plus sign and thousands separators and with a point; badly grouped text stays as it is, to be refused."""
    text = amount.str.strip_prefix("+")
    if rules.thousands:
        unsigned = text.str.strip_prefix("-")
        separator = rf"\x{ord(rules.thousands):02x}" if ord(rules.thousands) < 256 else rules.thousands
        grouped = unsigned.str.contains(_GROUPED.replace("@", separator))
        removed = text.str.replace_all(rules.thousands, "", literal=True)
        text = pl.when(~text.str.contains(rules.thousands, literal=True)).then(text).when(grouped).then(removed).otherwise(text)
    if rules.decimal != ".":
        without = pl.when(text.str.contains(".", literal=True)).then(pl.lit("?")).otherwise(text)
        text = without.str.replace(rules.decimal, ".", literal=True)
    return text


def epoch_micros(frame: pl.DataFrame, rules: TimeRules) -> pl.DataFrame:
    """The column `time` of `frame` as two columns: `time` (int64 epoch microseconds) and `refusal` (text)."""
    column = frame.get_column("time")
    if column.dtype == pl.Datetime:
        read = frame.select(time=pl.col("time").dt.epoch("us"), refusal=pl.lit(None, pl.String))
    elif rules.unit is not None:
        read = _counted(column, rules)
    elif rules.format is not None:
        read = _formatted(column, rules.format, rules.zone)
    else:
        read = _iso_or_epoch(column, rules.zone)
    latest = clock.to_micros(clock.now())
    missing = pl.when(column.is_null()).then(pl.lit("is missing"))
    future = pl.when(pl.col("time") > latest).then(pl.lit("is in the future (a number counts seconds since 1970)"))
    unreadable = pl.when(pl.col("time").is_null()).then(pl.lit("is not a time that exists"))
    return read.with_columns(refusal=pl.coalesce(missing, pl.col("refusal"), unreadable, future))


def _counted(column: pl.Series, rules: TimeRules) -> pl.DataFrame:
    """Plain numbers of a unit since an epoch."""
    assert rules.unit is not None
    factor = _MICROS.get(rules.unit, rules.step_seconds * 1_000_000)
    start = clock.to_micros(rules.epoch) if rules.epoch else 0
    text = pl.col("time")
    return column.to_frame("time").select(
        time=start + text.cast(pl.Int64, strict=False) * factor,
        refusal=pl.when(~text.str.contains(r"^-?\d{1,16}$")).then(pl.lit(f"is not a whole number of {rules.unit}")),
    )


def _formatted(column: pl.Series, pattern: str, zone: str | None) -> pl.DataFrame:
    """Times in a stated strptime form; those without a zone are local to `zone`. Reads each different text once."""
    distinct = column.unique().drop_nulls()
    carries_zone = "%z" in pattern or "%:z" in pattern or "%#z" in pattern
    moments = distinct.str.to_datetime(
        pattern, time_unit="us", time_zone="UTC" if carries_zone else None, strict=False, exact=True
    )
    refusal = pl.when(pl.col("moment").is_null()).then(pl.lit(f"does not have the form {pattern}"))
    read = pl.DataFrame({"text": distinct, "moment": moments}).with_columns(refusal=refusal)
    if not carries_zone:
        read = read.with_columns(_localised(pl.col("moment"), zone))
    else:
        read = read.with_columns(time=pl.col("moment").dt.epoch("us"))
    table = read.select("text", "time", "refusal")
    return column.to_frame("text").join(table, on="text", how="left", maintain_order="left").select("time", "refusal")


def _localised(moment: pl.Expr, zone: str | None) -> tuple[pl.Expr, pl.Expr]:
    if zone is None:
        reason = 'has no zone; add one, or name it in a map: [time] zone = "Asia/Shanghai"'
        return pl.lit(None, pl.Int64).alias("time"), pl.col("refusal").fill_null(reason).alias("refusal")
    aware = moment.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    twice = pl.when(moment.is_not_null() & aware.is_null()).then(
        pl.lit(f"does not exist or exists twice in {zone} (clocks changed); give the offset")
    )
    return aware.dt.convert_time_zone("UTC").dt.epoch("us").alias("time"), pl.coalesce(pl.col("refusal"), twice).alias(
        "refusal"
    )


def _iso_or_epoch(column: pl.Series, zone: str | None) -> pl.DataFrame:
    """ISO 8601 (date, T or blank, time, perhaps a fraction, perhaps a zone) or integer epoch seconds, row by row."""
    text = pl.col("time")
    frame = column.to_frame("time").with_columns(number=text.str.contains(r"^-?\d{1,15}$"))
    if frame.get_column("number").all():
        return _counted(column, TimeRules(unit=TimeUnit.SECONDS))
    parts = frame.select(
        "number",
        seconds=pl.when(pl.col("number")).then(text).cast(pl.Int64, strict=False),
        day=text.str.slice(0, 10),
        clock=text.str.slice(10, 9),
        tail=text.str.slice(19),
    )
    for name, table in (
        ("day", _days(parts.get_column("day").unique())),
        ("clock", _clock_times(parts.get_column("clock").unique())),
        ("tail", _tails(parts.get_column("tail").unique())),
    ):
        parts = parts.join(table, on=name, how="left", maintain_order="left")
    return _assembled(parts, zone)


def _assembled(parts: pl.DataFrame, zone: str | None) -> pl.DataFrame:
    local = pl.col("day_micros") + pl.col("clock_micros") + pl.col("fraction")
    iso = parts.with_columns(local=local, refusal=pl.lit(None, pl.String))
    naive = iso.select((pl.col("tail_read") & pl.col("offset").is_null() & ~pl.col("number")).any()).item()
    if naive:
        local_time, local_refusal = _localised(pl.from_epoch("local", time_unit="us"), zone)
        bare = pl.col("offset").is_null() & pl.col("local").is_not_null()
        iso = iso.with_columns(
            zoned=pl.when(bare).then(local_time).otherwise(pl.col("local") - pl.col("offset")),
            refusal=pl.when(bare).then(local_refusal),
        )
    else:
        iso = iso.with_columns(zoned=pl.col("local") - pl.col("offset"))
    unread = pl.when(pl.col("local").is_null()).then(
        pl.lit("is not a time; write it like 2024-05-01T13:30:00+08:00, or as seconds since 1970")
    )
    return iso.select(
        time=pl.when(pl.col("number")).then(pl.col("seconds") * 1_000_000).otherwise(pl.col("zoned")),
        refusal=pl.when(~pl.col("number")).then(pl.coalesce(unread, pl.col("refusal"))),
    )


def _days(distinct: pl.Series) -> pl.DataFrame:
    days = distinct.str.to_date("%Y-%m-%d", strict=False)
    exact = distinct.str.contains(r"^\d{4}-\d\d-\d\d$")
    return pl.DataFrame({"day": distinct, "date": days, "exact": exact}).select(
        "day", day_micros=pl.when("exact").then(pl.col("date").cast(pl.Int32).cast(pl.Int64) * 86_400_000_000)
    )


def _clock_times(distinct: pl.Series) -> pl.DataFrame:
    """Microseconds of "Thh:mm:ss", hours to 23, seconds to 59."""
    pieces = distinct.str.extract_groups(r"^[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$").struct.unnest()
    hours, minutes, seconds = (pl.col(name).cast(pl.Int64) for name in pieces.columns)
    micros = pieces.select(((hours * 60 + minutes) * 60 + seconds) * 1_000_000).to_series()
    return pl.DataFrame({"clock": distinct, "clock_micros": micros})


def _tails(distinct: pl.Series) -> pl.DataFrame:
    """Fraction and offset (both in microseconds; offset null when there is no zone) of what follows the seconds."""
    pattern = r"^(?:[.,](\d{1,9}))?(?: ?(?:([Zz])|([+-])([01]\d|2[0-3]):?([0-5]\d)?))?$"
    pieces = distinct.str.extract_groups(pattern).struct.unnest()
    fraction, utc, sign, hours, minutes = (pl.col(name) for name in pieces.columns)
    whole = fraction.fill_null("").str.slice(0, 6).str.pad_end(6, "0").cast(pl.Int64)
    offset = (hours.cast(pl.Int64) * 60 + minutes.cast(pl.Int64).fill_null(0)) * 60_000_000
    signed = pl.when(utc.is_not_null()).then(0).otherwise(pl.when(sign == "-").then(-offset).otherwise(offset))
    read = distinct.str.contains(pattern)
    micros = pieces.select(fraction=whole, offset=signed)
    return micros.with_columns(
        distinct.alias("tail"), read.alias("tail_read"), fraction=pl.when(pl.Series(read)).then(pl.col("fraction"))
    )
