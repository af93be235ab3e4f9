"""The rules of attribution: what each says, where it comes from, and what it is good for.

**fifo**, first in, first out. Money leaves an account in the order in which it came. *Clayton's Case* (Devaynes v Noble,
1816, 1 Mer 572). **lifo**, last in, first out, is its mirror: the newest money leaves first.

**haircut**, pro rata or pari passu, as a rolling charge: a debit takes every owner's money in the proportion in which the
account held it. ⌊amount · taint / balance⌋ goes on, the rest stays.

**libr**, lowest intermediate balance. *Roscoe v Winder* (1915, 1 Ch 62): a victim's money is found in an account only as
far as the balance never fell below it since. Here a debit takes clean money first, and what it must take beyond that
carries the claim to the creditor instead of ending it.

**poison** treats every payment of an account as wholly tainted from its first tainted credit on. It is the upper bound of
what a claim can have touched and never the ground of a hold: nothing is conserved, nothing stands.

Courts differ, so every trace states its rule and can be made again under another. Common to all: events go by (time,
order of loading); an account's opening balance is clean and came first, 0 unless loaded; where a debit exceeds the
balance, the difference came unseen and clean just before it, last in the queue and on top of the stack; the parcels of a
transfer arrive in the order in which they left; a transfer to oneself leaves, then returns; balances are per account and
currency; a converting transfer turns the units [s, e) of `amount` a into counter units from ⌊s·c/a⌋ on, ⌊(e−s)·c/a⌋ of
them, each parcel for itself.
"""

from __future__ import annotations

from typing import Final

from accord.engine.tracing.model import Rule

SUMMARY: Final[dict[Rule, str]] = {
    Rule.FIFO: "money leaves in the order in which it came (Clayton's Case, 1816)",
    Rule.LIFO: "the newest money leaves first",
    Rule.HAIRCUT: "each payment takes the claim's share of the balance, rounded down (pro rata, rolling charge)",
    Rule.LIBR: "clean money leaves first (lowest intermediate balance, Roscoe v Winder, 1915)",
    Rule.POISON: "every payment after the first tainted credit is tainted whole: an upper bound, no ground for a hold",
}
"""One line per rule, for help texts and reports."""
