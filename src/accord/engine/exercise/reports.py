"""The calls: the six facts a victim can give, with the vagueness of real callers, and the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from accord.core.clock import from_micros
from accord.engine.exercise.cast import Cast
from accord.engine.exercise.gangs import GangCast, Payment, Victim
from accord.engine.exercise.model import VictimReport
from accord.engine.exercise.narratives import Facts, Mention, Narrator


@dataclass(frozen=True, slots=True)
class Call:
    """A report and what its narrative mentions."""

    report: VictimReport
    mentions: tuple[Mention, ...]


def make_calls(
    cast: Cast,
    gangs: tuple[GangCast, ...],
    victims: tuple[Victim, ...],
    payments: tuple[tuple[tuple[Payment, str], ...], ...],
) -> tuple[Call, ...]:
    """One call for each victim, in order of call; `payments` are each victim's own, with the transfers' ids."""
    rng = cast.plan.random("calls")
    calls = [_call(cast, gangs[victim.gang], number, victim, payments[number], rng) for number, victim in enumerate(victims)]
    return tuple(sorted(calls, key=lambda call: (call.report.call_time, call.report.reference)))


def reference(victim: int) -> str:
    """The report's name in the truth files."""
    return f"V{victim + 1:05d}"


def _call(
    cast: Cast, gang: GangCast, number: int, victim: Victim, payments: tuple[tuple[Payment, str], ...], rng: np.random.Generator
) -> Call:
    """The six facts about the first payment, as far as this caller has them right, and the story of all."""
    first = payments[0][0]
    accounts = cast.accounts
    forgets_bank, rounds, misjudges = (rng.random(3) < cast.plan.vague_share).tolist()
    facts = _facts(cast, gang, victim, [payment for payment, _ in payments], knows_bank=not forgets_bank, rng=rng)
    narrator = Narrator(facts, rng)
    about_when = facts.paid_at + timedelta(minutes=float(rng.integers(-15, 16))) if misjudges else facts.paid_at
    call_time = from_micros(victim.call_time)
    report = VictimReport(
        reference=reference(number),
        call_time=call_time,
        language=facts.language,
        call_back=accounts.phone[first.debtor],
        caller_name=accounts.holder[first.debtor],
        country=facts.country.code,
        payer_bank=cast.banks[int(cast.bank_of[first.debtor])].code,
        payer_account=accounts.number[first.debtor],
        payee_account=None if facts.payee_alias else facts.payee_account,
        payee_alias=facts.payee_alias,
        payee_name=facts.payee_name,
        payee_bank=cast.banks[int(cast.bank_of[first.creditor])].code if facts.bank_name else None,
        amount_minor=_rounded(first.amount) if rounds else first.amount,
        currency=facts.country.currency,
        about_when=min(about_when, call_time),
        still_pending=first.settles_at is not None and first.settles_at > victim.call_time,
        scam_type=victim.scam_type,
        narrative=narrator.tell(),
        transfers=tuple(transfer for _, transfer in payments),
    )
    return Call(report, tuple(narrator.mentions))


def _facts(
    cast: Cast, gang: GangCast, victim: Victim, payments: list[Payment], *, knows_bank: bool, rng: np.random.Generator
) -> Facts:
    """What the victim has before them. Who paid to an alias, at home, knows neither account nor bank."""
    first, accounts = payments[0], cast.accounts
    country = cast.countries[int(cast.person_country[victim.person])]
    bank = cast.banks[int(cast.bank_of[first.creditor])]
    at_home = cast.country_of[first.creditor] == cast.country_of[first.debtor]
    alias = accounts.alias[first.creditor] if at_home and not cast.plan.at_once and rng.random() < 0.4 else None
    bank_name = bank.name_zh if country.language == "zh" else bank.name
    return Facts(
        scam_type=victim.scam_type,
        language=country.language,
        country=country,
        payee_account=accounts.number[first.creditor],
        payee_alias=alias,
        payee_name=accounts.holder[first.creditor],
        bank_name=bank_name if knows_bank and not alias else None,
        amounts=tuple(payment.amount for payment in payments),
        paid_at=from_micros(first.time),
        phones=gang.phones,
        handles=gang.handles,
        sites=gang.sites,
    )


def _rounded(minor: int) -> int:
    """To two figures, as people remember sums."""
    step = int(10 ** max(len(str(minor)) - 2, 0))
    return (minor + step // 2) // step * step
