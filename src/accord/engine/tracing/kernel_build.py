"""Compiled passes that lay out an index: one pass in time order knows every balance before it is asked."""

from __future__ import annotations

from accord.engine.tracing.compiled import kernel


@kernel
def count_per_pocket(pockets, firsts):  # type: ignore[no-untyped-def]
    """firsts[p] becomes where pocket p's rows start; `firsts` has one place more than there are pockets."""
    for row in range(pockets.size):
        firsts[pockets[row] + 1] += 1
    for pocket in range(1, firsts.size):
        firsts[pocket] += firsts[pocket - 1]


@kernel
def fill_lines(transfers, arrived, left, debit_end, credit_end, debits, paid_in):  # type: ignore[no-untyped-def]
    """Walk the transfers in order and write both lines of every pocket.

    Where a debit exceeds the balance the inflow line grows by the difference just before it: the unseen clean credit,
    last in the queue and on top of the stack. `arrived` (opening balances), `left` (zeros) and where each pocket's debits
    and credits start are counted up in place. Returns the transfer at which a line passed 63 bits, else -1.
    """
    for number in range(transfers.size):
        own = transfers[number]
        debtor, creditor = own.debtor, own.creditor
        place = debit_end[debtor]
        debit_end[debtor] = place + 1
        debits[place].offset = left[debtor]
        left[debtor] += own.amount
        if left[debtor] > arrived[debtor]:
            arrived[debtor] = left[debtor]
        debits[place].after = arrived[debtor] - left[debtor]
        debits[place].transfer = number
        debits[place].creditor = creditor
        transfers[number].arrival = arrived[creditor]
        transfers[number].next_debit = debit_end[creditor]
        arrived[creditor] += own.received
        paid_in[credit_end[creditor]] = number
        credit_end[creditor] += 1
        if left[debtor] < 0 or arrived[creditor] < 0:
            return number
    return -1
