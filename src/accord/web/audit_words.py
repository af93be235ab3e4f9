"""What the audit says happened, in the reader's language. The rows keep the codes."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Final[dict[str, Promise]] = {
    "report taken": _("report taken"),
    "narrative added": _("narrative added"),
    "identifier confirmed": _("identifier confirmed"),
    "identifier rejected": _("identifier rejected"),
    "identifier proposed": _("choice about an identifier taken back"),
    "statement added": _("statement added"),
    "report unlocked": _("report unlocked"),
    "called back": _("victim called back"),
    "report closed": _("report closed"),
    "report reopened": _("report reopened"),
    "reports exported": _("reports exported"),
    "orders exported": _("orders exported"),
    "audit exported": _("audit exported"),
    "shift handed over": _("shift handed over"),
    "shift acknowledged": _("hand-over acknowledged"),
    "claim opened": _("claim opened"),
    "claim transfer found": _("payment found"),
    "traced again": _("asked again"),
    "traced under another rule": _("traced under another rule"),
    "plan decided": _("plan decided"),
    "enquiry answered": _("enquiry answered"),
    "enquiry failed": _("enquiry: answer unusable"),
    "recall approved": _("recall approved"),
    "recall sent": _("recall sent"),
    "recall held": _("recall: payment stopped"),
    "recall held_partly": _("recall: stopped in part"),
    "recall refused": _("recall refused"),
    "hold approved": _("hold approved"),
    "hold sent": _("hold sent"),
    "hold held": _("hold: held in full"),
    "hold held_partly": _("hold: held in part"),
    "hold refused": _("hold refused"),
    "hold expired": _("hold expired"),
    "hold released": _("hold released"),
    "recall expired": _("recall expired"),
    "order sent again": _("order sent again"),
    "release approved": _("release approved"),
    "answer handed in": _("bank’s answer handed in as a file"),
    "recall draft taken": _("draft of a recall between banks taken"),
    "answer unusable": _("order: answer unusable"),
}

DETAILS: Final[dict[str, Promise]] = {
    "amount": _("amount"),
    "held": _("held"),
    "released": _("released"),
    "standing": _("accounts it stands on"),
    "onward": _("onward transfers"),
    "exits": _("exits"),
    "institution": _("bank"),
    "account": _("account"),
    "transfer": _("transfer"),
    "until": _("until"),
    "reason": _("reason"),
    "refusal": _("refusal"),
    "error": _("error"),
    "note": _("note"),
    "rule": _("rule"),
    "state": _("state"),
    "action_chosen": _("action"),
    "rows": _("rows"),
    "characters": _("characters"),
    "proposed": _("found"),
    "enquiries": _("enquiries"),
    "type": _("kind"),
    "form": _("form"),
    "sha256": _("SHA-256 of the file"),
}

MONEY: Final = ("amount", "held", "released")
"""Details that are minor units of the entry's currency."""


def action_in_words(code: str) -> str:
    """What happened; the code itself where no words are known."""
    return str(ACTIONS.get(code, code))


def detail_in_words(name: str) -> str:
    return str(DETAILS.get(name, name))
