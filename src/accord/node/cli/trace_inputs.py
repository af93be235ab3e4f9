"""The arguments of accord trace, read against the ledger they speak of."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from accord.core.errors import BadInput
from accord.core.money import Money
from accord.engine.tracing import AccountRef, ClaimStart, Ledger, Rule, TraceOptions
from accord.node.cli.options import parse_moment
from accord.node.errors import Msg


def parse_options(rule: str, until: str | None, hubs: Sequence[str], covered: Sequence[str]) -> tuple[Rule, TraceOptions]:
    """The rule and where a trace stops; the minimum parcel comes later, since its currency is the claim's."""
    options = TraceOptions(
        until=parse_moment(until, "--until") if until else None,
        hubs=frozenset(parse_account(text) for text in hubs),
        covered=frozenset(covered) or None,
    )
    return Rule(rule), options


def parse_account(text: str) -> AccountRef:
    """NUMBER or NUMBER@BANK."""
    number, sign, bank = text.rpartition("@")
    return AccountRef(number, bank) if sign else AccountRef(text)


def parse_start(ledger: Ledger, text: str) -> ClaimStart:
    """ID or ID=AMOUNT. The whole text is tried as an id first, since an id may itself contain "="."""
    identifier, sign, amount = text.rpartition("=")
    if not sign or ledger.has_transfer(text) or not ledger.has_transfer(identifier):
        return ClaimStart(text)
    claimed = Money.parse(amount, _currency_of(ledger, identifier)).minor
    if claimed <= 0:
        raise BadInput(Msg.CLAIMED_AMOUNT_MUST_BE_MORE, amount=amount, where=f"--transfer {text}")
    return ClaimStart(identifier, amount=claimed)


def parse_minimum(ledger: Ledger, transfer: str, min_parcel: str | None) -> int:
    """--min-parcel in minor units of the claim's currency, which is that of its first transfer; 0 where none is given."""
    if min_parcel is None:
        return 0
    minimum = Money.parse(min_parcel, _currency_of(ledger, transfer)).minor
    if minimum < 0:
        raise BadInput(Msg.LESS_THAN_0, amount=min_parcel, where="--min-parcel")
    return minimum


def _currency_of(ledger: Ledger, transfer: str) -> str:
    return str(ledger.transfer(transfer)["currency"])


def read_claims(path: Path) -> dict[str, list[ClaimStart]]:
    """The claims of a CSV with the columns claim and transfer, in the order in which the file first names them."""
    claims: dict[str, list[ClaimStart]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            missing = {"claim", "transfer"} - set(rows.fieldnames or ())
            if missing:
                has = ", ".join(rows.fieldnames or ()) or "nothing"
                raise BadInput(Msg.LACKS_COLUMN, missing=sorted(missing), header=has, where=str(path))
            for number, row in enumerate(rows, start=1):
                if not row["claim"] or not row["transfer"]:
                    raise BadInput(Msg.DATA_ROW_NAMES_NO_CLAIM_NO, number=number, where=str(path))
                claims.setdefault(row["claim"], []).append(ClaimStart(row["transfer"]))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(Msg.CANNOT_BE_READ_UTF_8_CSV, error=error, where=str(path)) from error
    if not claims:
        raise BadInput(Msg.HOLDS_NO_CLAIMS, where=str(path))
    return claims
