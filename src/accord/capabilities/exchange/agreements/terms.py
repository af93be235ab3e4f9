"""What an agreement says, as the document that both parties sign. Every field is enforced or shown; none is decoration."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accord.capabilities.exchange.kinds import MessageKind
from accord.core.labels import Handling, Pap, Tlp

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
_Above0 = Annotated[int, msgspec.Meta(gt=0)]
_AtLeast0 = Annotated[int, msgspec.Meta(ge=0)]


class RefusalGround(TextChoices):
    """Why a party may refuse what the agreement otherwise allows."""

    POLITICAL = "political", _("The offence is a political one")
    HUMAN_RIGHTS = "human_rights", _("Human rights of the person would be at risk")
    SOVEREIGNTY = "sovereignty", _("It would touch sovereignty, security or public order")
    ONGOING_CASE = "ongoing_case", _("It would harm a case under way here")
    DISPROPORTIONATE = "disproportionate", _("It is out of proportion to the offence")
    DUAL_CRIMINALITY = "dual_criminality", _("It is no offence under both laws")


class AccountDetail(TextChoices):
    """How precisely an answer names where money is; what is not named is merged into totals."""

    ACCOUNT = "account", _("each account by its number")
    BANK = "bank", _("one total a bank and currency, no account")
    TOTAL = "total", _("one total a currency, neither bank nor account")


class OnwardRule(TextChoices):
    """Whether the receiver of a request may go on to a third centre."""

    NEVER = "never", _("never; the asking side asks the third centre itself")
    NAMED = "named", _("only to centres that the request’s label names")
    CONSENT = (
        "consent",
        _("to centres that the label names, or after the asking side’s officer has consented"),
    )


class Informs(TextChoices):
    """Who informs the holder of an account about a hold."""

    REQUESTER = "requester", _("the side that asked for the hold")
    RECEIVER = "receiver", _("the side where the account is")
    NOBODY_YET = (
        "nobody_yet",
        _("nobody until the asking side says so, at most as long as the regime lets the notice wait"),
    )


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One side: its agency code, and the legal authority on which it acts. `automatic`: what it may do without a person
    when the other asks; only under a standing authority that somebody verified."""

    agency: _Text
    name: _Text
    jurisdiction: _Text
    authority: _Text
    standing_authority: str = ""
    standing_authority_verified: bool = False
    automatic: tuple[MessageKind, ...] = ()
    confirm_hours: _Above0 = 24
    fields: dict[MessageKind, tuple[str, ...]] = {}
    """Fields that this side may disclose, by the kind of message that it sends; a kind that is absent discloses nothing
    beyond what the protocol itself needs (`fields.ALWAYS`)."""
    quotas: dict[MessageKind, _AtLeast0] = {}
    """Messages of a kind that this side may send in 24 hours; a request of a kind that is absent is not allowed."""


class Offence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An offence that both laws know: its name here and each side's provision (agency code → provision)."""

    code: _Text
    name: _Text
    provisions: dict[str, _Text]


class LabelDefaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a label says where its originator said nothing; a message may be stricter, never more open."""

    tlp: Tlp = Tlp.AMBER_STRICT
    handling: tuple[Handling, ...] = (Handling.H0,)
    pap: Pap = Pap.GREEN


class Clocks(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Minutes within which a request is to be answered; a request that is marked urgent has the shorter one."""

    enquiry_minutes: _Above0 = 15
    order_minutes: _Above0 = 60
    request_hours: _Above0 = 240
    urgent_request_hours: _Above0 = 8


class AgreementTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The agreement between two agencies. Its hash (SHA-256 of the canonical JSON) names it in every message."""

    title: _Text
    parties: tuple[Party, Party]
    legal_basis: _Text
    offences: tuple[Offence, ...]
    liability: _Text
    indemnity: _Text
    transfer_basis: _Text  # on which personal data may cross the border
    transfer_approvals: tuple[str, ...] = ()
    use_limits: tuple[str, ...] = ()
    refusal_grounds: tuple[RefusalGround, ...] = ()
    purposes: tuple[str, ...] = ("fraud_funds",)
    kinds: tuple[MessageKind, ...]
    account_detail: AccountDetail = AccountDetail.ACCOUNT
    says_left_to: bool = True  # whether an answer may say to which jurisdiction money went on
    labels: LabelDefaults = LabelDefaults()
    retention_days: _Above0 = 90
    onward: OnwardRule = OnwardRule.NEVER
    informs_holder: Informs = Informs.RECEIVER
    clocks: Clocks = Clocks()
    floor_minor: _AtLeast0 = 0  # amounts below are not followed
    most_depth: _Above0 = 6  # centres in a row
    languages: tuple[str, ...] = ("en",)
    templates: dict[str, _Text] = {}  # texts of requests by people, by request kind
    starts_at: datetime
    ends_at: datetime
    replaces: str = ""  # the hash of the agreement that this one takes the place of

    def party(self, agency: str) -> Party:
        """The side of an agency; KeyError where it is no party."""
        return {party.agency: party for party in self.parties}[agency]

    def other(self, agency: str) -> Party:
        """The side that is not `agency`."""
        first, second = self.parties
        return second if first.agency == agency else first
