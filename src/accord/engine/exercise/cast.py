"""Who is in the world: banks, people and their accounts, shops, employers, exchanges, mules. All before a single transfer.

Accounts are numbered from 0; every other part names an account by that number. Accounts of one group (people's own,
salary, joint, shops ...) stand together country by country, so that a country's group is a range and whole columns of
accounts are drawn by arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accord.engine.exercise import names
from accord.engine.exercise.countries import COUNTRIES, Country
from accord.engine.exercise.forms import account_number, mobile_number
from accord.engine.exercise.model import AccountKind, Bank
from accord.engine.exercise.plan import MOST_GANGS, WorldPlan

Ints = NDArray[np.int64]

_SALARY_SHARE: Final = 0.45
_JOINT_SHARE: Final = 0.30
PHONES_OF_A_GANG: Final = 3
"""Each country's first numbers are the gangs' own, so that no gang calls from a person's number."""
_DIRECT_CHANNELS: Final = (("api", "iso20022"), ("api",), ("iso20022", "manual"), ("api", "manual"))


@dataclass(frozen=True, slots=True)
class Group:
    """A range of accounts (or people) in each country: `first[c]` and `count[c]`."""

    first: Ints
    count: Ints

    def all_of(self, country: int) -> Ints:
        return np.arange(self.first[country], self.first[country] + self.count[country])


@dataclass(slots=True)
class Accounts:
    """Account columns while they grow."""

    number: list[str] = field(default_factory=list)
    bank: list[int] = field(default_factory=list)
    country: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    holder: list[str] = field(default_factory=list)
    phone: list[str | None] = field(default_factory=list)
    alias: list[str | None] = field(default_factory=list)
    per_bank: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True)
class Cast:
    """Everybody. `bank_of`, `country_of` are per account; `main`, `salary`, `joint` per person (-1: has none).

    `mules` lists each gang's accounts; `person_of_main` maps a person's own account back to the person.
    """

    plan: WorldPlan
    countries: tuple[Country, ...]
    banks: tuple[Bank, ...]
    accounts: Accounts
    bank_of: Ints
    country_of: Ints
    people: Group
    person_country: Ints
    main: Ints
    salary: Ints
    joint: Ints
    groups: dict[AccountKind, Group]
    gold: Group
    cash_of_bank: Ints
    mules: tuple[tuple[int, ...], ...]


def make_cast(plan: WorldPlan) -> Cast:
    """Draw everybody in the world."""
    rng = plan.random("cast")
    countries = tuple(COUNTRIES[code] for code in plan.countries)
    banks = _make_banks(plan, countries, rng)
    builder = _Builder(plan, countries, banks, rng)
    people = builder.people_group()
    main = builder.main_accounts(people)
    salary = builder.extra_accounts(people, AccountKind.SALARY, _SALARY_SHARE)
    joint = builder.extra_accounts(people, AccountKind.JOINT, _JOINT_SHARE)
    groups = {
        AccountKind.MERCHANT: builder.institutions(AccountKind.MERCHANT, _per_country(people, 25, 8)),
        AccountKind.PAYROLL: builder.institutions(AccountKind.PAYROLL, _per_country(people, 60, 4)),
        AccountKind.POOLED: builder.institutions(AccountKind.POOLED, np.full(len(countries), 1)),
        AccountKind.EXCHANGE: builder.institutions(AccountKind.EXCHANGE, np.full(len(countries), 2)),
    }
    gold = builder.institutions(AccountKind.MERCHANT, np.full(len(countries), 2), gold=True)
    cash = builder.cash_accounts()
    mules = builder.mules()
    accounts = builder.accounts
    return Cast(
        plan=plan, countries=countries, banks=banks, accounts=accounts,
        bank_of=np.array(accounts.bank, np.int64), country_of=np.array(accounts.country, np.int64),
        people=people, person_country=np.repeat(np.arange(len(countries)), people.count),
        main=main, salary=salary, joint=joint, groups=groups, gold=gold, cash_of_bank=cash, mules=mules,
    )  # fmt: skip


def _per_country(people: Group, each: int, least: int) -> Ints:
    return np.maximum(people.count // each, least)


def _make_banks(plan: WorldPlan, countries: tuple[Country, ...], rng: np.random.Generator) -> tuple[Bank, ...]:
    banks = []
    for position, country in enumerate(countries):
        for number in range(plan.banks_per_country):
            letters, name, name_zh = names.BANK_NAMES[(number + position * plan.banks_per_country) % len(names.BANK_NAMES)]
            median = float(np.clip(np.exp(rng.normal(np.log(90), 0.9)), 10, 1800).round(1))
            refuses = float(rng.uniform(0, 0.12).__round__(3))
            channels = _DIRECT_CHANNELS[int(rng.integers(len(_DIRECT_CHANNELS)))]
            banks.append(
                Bank(f"{letters}{country.code}X0", f"{name} ({country.name})", f"{name_zh}({country.name_zh})",
                     country.code, country.currency, median, refuses, channels)
            )  # fmt: skip
    return tuple(banks)


class _Builder:
    """Adds accounts group by group."""

    def __init__(
        self, plan: WorldPlan, countries: tuple[Country, ...], banks: tuple[Bank, ...], rng: np.random.Generator
    ) -> None:
        self.plan, self.countries, self.banks, self.rng = plan, countries, banks, rng
        self.accounts = Accounts()
        sizes = 1 / np.sqrt(np.arange(1, plan.banks_per_country + 1))
        self._bank_shares = sizes / sizes.sum()
        self._phones = [MOST_GANGS * PHONES_OF_A_GANG] * len(countries)

    def people_group(self) -> Group:
        shares = np.full(len(self.countries), self.plan.people // len(self.countries))
        shares[: self.plan.people % len(self.countries)] += 1
        return Group(np.concatenate([[0], np.cumsum(shares)[:-1]]), shares)

    def main_accounts(self, people: Group) -> Ints:
        """One account of one's own for each person; the person's phone and payment alias belong to it."""
        first = len(self.accounts)
        for position, country in enumerate(self.countries):
            count = int(people.count[position])
            holders = names.people(country.names, count, self.rng)
            for holder, bank in zip(holders, self._draw_banks(position, count), strict=True):
                phone = self._next_phone(position)
                self._add(position, int(bank), AccountKind.PERSONAL, holder, phone, _alias(country, phone))
        return np.arange(first, len(self.accounts))

    def extra_accounts(self, people: Group, kind: AccountKind, share: float) -> Ints:
        """A salary account for some, a joint account for some couples (neighbours in the list): account per person or -1."""
        of_person = np.full(int(people.count.sum()), -1, np.int64)
        step = 2 if kind is AccountKind.JOINT else 1
        for position in range(len(self.countries)):
            start, count = int(people.first[position]), int(people.count[position])
            chosen = np.arange(start, start + count - step + 1, step)
            chosen = chosen[self.rng.random(len(chosen)) < share]
            for person, bank in zip(chosen.tolist(), self._draw_banks(position, len(chosen)), strict=True):
                holder, phone = self.accounts.holder[person], self.accounts.phone[person]
                if kind is AccountKind.JOINT:
                    holder = f"{holder} & {self.accounts.holder[person + 1]}"
                of_person[person : person + step] = len(self.accounts)
                self._add(position, int(bank), kind, holder, phone, None)
        return of_person

    def institutions(self, kind: AccountKind, counts: Ints, *, gold: bool = False) -> Group:
        """Shops, employers, wallet pools, exchanges: `counts[c]` of them in each country."""
        first = []
        for position, country in enumerate(self.countries):
            first.append(len(self.accounts))
            count = int(counts[position])
            holders = _institution_names(kind, country, count, gold=gold)
            for holder, bank in zip(holders, self._draw_banks(position, count), strict=True):
                self._add(position, int(bank), kind, holder, None, None)
        return Group(np.array(first, np.int64), counts.astype(np.int64))

    def cash_accounts(self) -> Ints:
        """The account behind each bank's cash machines."""
        cash = []
        for bank, owner in enumerate(self.banks):
            cash.append(len(self.accounts))
            name = f"{owner.name_zh} 现金" if owner.country == "CN" else f"{owner.name} cash machines"
            self._add(
                bank // self.plan.banks_per_country, bank % self.plan.banks_per_country, AccountKind.CASH, name, None, None
            )
        return np.array(cash, np.int64)

    def mules(self) -> tuple[tuple[int, ...], ...]:
        """Each gang has accounts at every bank, more of them the more victims it has."""
        per_bank = max(1, -(-self.plan.victims // max(self.plan.gangs * 6, 1)))
        gangs = []
        for _ in range(self.plan.gangs):
            first = len(self.accounts)
            for bank in range(len(self.banks)):
                position = bank // self.plan.banks_per_country
                country = self.countries[position]
                for holder in names.people(country.names, per_bank, self.rng):
                    phone = self._next_phone(position)
                    whose = (holder, phone, _alias(country, phone))
                    self._add(position, bank % self.plan.banks_per_country, AccountKind.MULE, *whose)
            gangs.append(tuple(range(first, len(self.accounts))))
        return tuple(gangs)

    def _draw_banks(self, position: int, count: int) -> Ints:
        return self.rng.choice(self.plan.banks_per_country, size=count, p=self._bank_shares)

    def _next_phone(self, position: int) -> str | None:
        self._phones[position] += 1
        return mobile_number(self.countries[position], self._phones[position] - 1)

    def _add(self, position: int, bank: int, kind: AccountKind, holder: str, phone: str | None, alias: str | None) -> None:
        whole = position * self.plan.banks_per_country + bank
        serial = self.accounts.per_bank.get(whole, 0)
        self.accounts.per_bank[whole] = serial + 1
        self.accounts.number.append(account_number(self.countries[position], bank, serial))
        self.accounts.bank.append(whole)
        self.accounts.country.append(position)
        self.accounts.kind.append(kind.value)
        self.accounts.holder.append(holder)
        self.accounts.phone.append(phone)
        self.accounts.alias.append(alias)


def _alias(country: Country, phone: str | None) -> str | None:
    """A payment alias as "scheme:phone" where the country has such a scheme."""
    return f"{country.alias_scheme}:{phone}" if country.alias_scheme and phone else None


def _institution_names(kind: AccountKind, country: Country, count: int, *, gold: bool) -> list[str]:
    chinese = country.language == "zh"
    if gold:
        return [f"{country.name_zh}金满堂金行 {i + 1}" if chinese else f"Golden Lane Bullion {i + 1}" for i in range(count)]
    if kind is AccountKind.MERCHANT:
        return names.shops(country.names, count)
    word = {
        AccountKind.PAYROLL: ("某某实业有限公司", "Example Industries"),
        AccountKind.POOLED: ("小钱包支付备付金", "Pocket Wallet client money"),
        AccountKind.EXCHANGE: ("币桥交易所", "Coinbridge Exchange"),
    }[kind]
    return [f"{word[0] if chinese else word[1]} {i + 1}" for i in range(count)]
