"""From names to numbers: institutions, currencies, accounts and pockets. Numbers only grow; a dictionary never changes.

The accounts of the base are memory-mapped; those that came later are kept in memory and numbered after them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from accord.engine.tracing.compiled import kernel
from accord.engine.tracing.layout import Array, empty, frozen
from accord.engine.tracing.model import AccountRef
from accord.engine.tracing.names import NO_NAMES, Names, Texts, distinct, one_text


@dataclass(frozen=True, slots=True)
class Pockets:
    """Accounts and their balances' places. All int32 but `opening` (int64, minor units).

    `account_bank[account]` is a position in the banks, -1 for none; `first_pocket[account]` starts the chain that
    `next_pocket[pocket]` continues; -1 ends it.
    """

    account_bank: Array
    first_pocket: Array
    next_pocket: Array
    account: Array
    currency: Array
    opening: Array

    def __len__(self) -> int:
        return len(self.account)


_NONE = empty(np.int32)
NO_POCKETS = Pockets(_NONE, _NONE, _NONE, _NONE, _NONE, empty(np.int64))


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What every number of an index stands for."""

    banks: tuple[str, ...]
    currencies: tuple[str, ...]
    base_accounts: Names
    later_accounts: Names
    pockets: Pockets

    def account_ref(self, account: int) -> AccountRef:
        bank = int(self.pockets.account_bank[account])
        base = len(self.base_accounts)
        texts = self.base_accounts.texts if account < base else self.later_accounts.texts
        number = texts.text(account if account < base else account - base)
        return AccountRef(number, self.banks[bank] if bank >= 0 else None)

    def places(self, pockets: Array) -> list[tuple[AccountRef, str]]:
        """The account and currency of each pocket, in that order; all names decoded at once."""
        accounts = self.pockets.account[pockets]
        numbers = self._numbers(accounts)
        banks = self.pockets.account_bank[accounts].tolist()
        currencies = self.pockets.currency[pockets].tolist()
        return [
            (AccountRef(number, self.banks[bank] if bank >= 0 else None), self.currencies[currency])
            for number, bank, currency in zip(numbers, banks, currencies, strict=True)
        ]

    def _numbers(self, accounts: Array) -> list[str]:
        in_base = len(self.base_accounts)
        if not len(self.later_accounts):
            return self.base_accounts.texts.strings(accounts)
        of_base = accounts < in_base
        base = iter(self.base_accounts.texts.strings(accounts[of_base]))
        later = iter(self.later_accounts.texts.strings(accounts[~of_base] - in_base))
        return [next(base) if known else next(later) for known in of_base.tolist()]

    def account(self, reference: AccountRef) -> int:
        """The number of an account, -1 where it is not in this ledger."""
        if reference.bank is None:
            bank = -1
        elif reference.bank in self.banks:
            bank = self.banks.index(reference.bank)
        else:
            return -1
        wanted = one_text(reference.number, bank)
        row = int(self.base_accounts.find(wanted)[0])
        if row >= 0:
            return row
        row = int(self.later_accounts.find(wanted)[0])
        return row + len(self.base_accounts) if row >= 0 else -1

    def texts(self) -> Texts:
        """Account numbers in order, tagged with their banks."""
        return self.base_accounts.texts.joined(self.later_accounts.texts)

    def settled(self) -> Dictionary:
        """The same with every account in the base."""
        names = self.base_accounts
        return replace(self, base_accounts=names.extended(self.later_accounts.texts), later_accounts=NO_NAMES)


NO_DICTIONARY = Dictionary((), (), NO_NAMES, NO_NAMES, NO_POCKETS)


def coded(column: pa.ChunkedArray, known: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
    """(code of each value, int32, -1 for null; the known values with the new ones after them)."""
    encoded = column.cast(pa.large_string()).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = pa.array([], pa.large_string()).dictionary_encode()
    places = {value: code for code, value in enumerate(known)}
    values = encoded.dictionary.to_pylist()
    codes = np.array([places.setdefault(value, len(places)) for value in values] + [-1], np.int32)
    return codes[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)], tuple(places)


def number_accounts(dictionary: Dictionary, numbers: pa.ChunkedArray, banks: pa.ChunkedArray) -> tuple[Array, Dictionary]:
    """(account of each row, int32; the dictionary with the new accounts)."""
    bank_codes, bank_names = coded(banks, dictionary.banks)
    codes, names = distinct(numbers, bank_codes, len(bank_names))
    accounts = dictionary.base_accounts.find(names)
    base = len(dictionary.base_accounts)
    if len(dictionary.later_accounts):
        later = dictionary.later_accounts.find(names)
        accounts = np.where((accounts < 0) & (later >= 0), later + base, accounts).astype(np.int32)
    missing = np.flatnonzero(accounts < 0)
    if len(missing):
        added = names.taken(missing)
        known = base + len(dictionary.later_accounts)
        accounts[missing] = np.arange(known, known + len(missing), dtype=np.int32)
        pockets = dictionary.pockets
        pockets = replace(
            pockets,
            account_bank=frozen(np.concatenate([pockets.account_bank, added.tags])),
            first_pocket=frozen(np.concatenate([pockets.first_pocket, np.full(len(missing), -1, np.int32)])),
        )
        dictionary = replace(dictionary, later_accounts=dictionary.later_accounts.extended(added), pockets=pockets)
    return accounts[codes], replace(dictionary, banks=bank_names)


def number_pockets(dictionary: Dictionary, accounts: Array, currencies: Array) -> tuple[Array, Dictionary]:
    """(pocket of each row, int32; the dictionary with the new pockets, whose opening balance is 0)."""
    pockets = dictionary.pockets
    count = len(pockets)
    wanted = np.empty(len(accounts), np.int32)
    missing = count_missing(accounts, currencies, pockets.first_pocket, pockets.next_pocket, pockets.currency, wanted)
    if not missing:
        return wanted, dictionary
    room = np.full(missing, -1, np.int32)
    first_pocket = pockets.first_pocket.copy()
    chain, account, currency = (
        np.concatenate([column, room]) for column in (pockets.next_pocket, pockets.account, pockets.currency)
    )
    added = add_pockets(accounts, currencies, first_pocket, chain, account, currency, count, wanted)
    grown = Pockets(
        pockets.account_bank,
        frozen(first_pocket),
        frozen(chain[:added]),
        frozen(account[:added]),
        frozen(currency[:added]),
        frozen(np.concatenate([pockets.opening, np.zeros(added - count, np.int64)])),
    )
    return wanted, replace(dictionary, pockets=grown)


@kernel
def count_missing(accounts, currencies, first_pocket, next_pocket, pocket_currency, out):  # type: ignore[no-untyped-def]
    missing = 0
    for row in range(accounts.size):
        pocket = first_pocket[accounts[row]]
        while pocket >= 0 and pocket_currency[pocket] != currencies[row]:
            pocket = next_pocket[pocket]
        out[row] = pocket
        if pocket < 0:
            missing += 1
    return missing


@kernel
def add_pockets(accounts, currencies, first_pocket, chain, account, currency, count, out):  # type: ignore[no-untyped-def]
    for row in range(accounts.size):
        if out[row] >= 0:
            continue
        pocket = first_pocket[accounts[row]]
        last = -1
        while pocket >= 0 and currency[pocket] != currencies[row]:
            last = pocket
            pocket = chain[pocket]
        if pocket < 0:
            pocket = count
            account[pocket] = accounts[row]
            currency[pocket] = currencies[row]
            if last < 0:
                first_pocket[accounts[row]] = pocket
            else:
                chain[last] = pocket
            count += 1
        out[row] = pocket
    return count
