"""What audit entries about exchange say happened. Stored codes never change; labels follow the reader."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accord.capabilities.vocabulary import AuditAction, AuditDetail


class PartnerAudit(AuditAction):
    """Partners' centres, their cards and keys."""

    ADDED = "partner added", _("partner added")
    CARD_TAKEN = "partner card taken", _("partner’s newer card taken")
    CARD_REFUSED = "partner card refused", _("partner’s card refused")
    WORDS_WRONG = "partner words wrong", _("wrong words for a partner’s card")
    CONFIRMED = "partner confirmed", _("partner confirmed")
    COVERAGE_ACCEPTED = "partner coverage accepted", _("what a partner answers for: accepted")
    REVOKED = "partner revoked", _("partner revoked")
    KEY_REVOKED = "partner key revoked", _("key of a partner revoked")
    TEST_CALL_NOTED = "partner test call noted", _("test call to a partner’s contact")
    TEST_CALL_ANSWERED = "test call answered", _("test call answered by the partner’s node")


class OwnKeyAudit(AuditAction):
    """This node's own keys and card."""

    KEY_MADE = "key made", _("key made")
    KEY_RENEWED = "key renewed", _("key renewed")
    KEY_REVOKED = "key revoked", _("key revoked")
    KEY_DESTROYED = "key destroyed", _("old key destroyed")
    CARD_ISSUED = "card issued", _("partner card issued")


class ChannelAudit(AuditAction):
    """Messages to and from partners."""

    ALARM_SEEN = "alarm seen", _("alarm looked at")
    ALARM = "exchange alarm", _("alarm about a partner’s messages")
    STREAM_BEGUN_ANEW = "exchange stream begun anew", _("messages to a partner begun anew after a restore")
    ENVELOPES_EXPORTED = "envelopes exported", _("messages to a partner written into a file")
    ENVELOPES_IMPORTED = "envelopes imported", _("file of a partner’s messages taken in")
    PARTNER_MESSAGES_EXPORTED = "partner messages exported", _("list of messages exported")
    PARTNER_MESSAGES_DELETED = "partner's messages deleted", _("partner’s messages deleted: their time was over")
    DELETION_TOLD_BY_PARTNER = "deletion told by partner", _("partner has deleted what it was sent")


class AgreementAudit(AuditAction):
    """Agreements with partners, and labels."""

    DRAFTED = "agreement drafted", _("agreement drafted")
    DROPPED = "agreement dropped", _("draft of an agreement dropped")
    OFFERED = "agreement offered", _("agreement signed and offered to the partner")
    RECEIVED = "agreement received", _("agreement of a partner received")
    SIGNED = "agreement signed", _("agreement signed")
    SIGNED_BY_THE_PARTNER = "agreement signed by the partner", _("agreement signed by the partner")
    DECLINED = "agreement declined", _("agreement declined")
    DECLINED_BY_THE_PARTNER = "agreement declined by the partner", _("agreement declined by the partner")
    ENDED = "agreement ended", _("agreement ended")
    ENDED_BY_THE_PARTNER = "agreement ended by the partner", _("agreement ended by the partner")
    ASKED_FIRST = "asked first", _("to be asked first from now on")
    ASKED_FIRST_NO_LONGER = "asked first no longer", _("to be asked first no longer")
    PARTNER_ASKED_FIRST = "partner asked first", _("partner wants to be asked first")
    PARTNER_ASKED_FIRST_NO_LONGER = "partner asked first no longer", _("partner wants to be asked first no longer")
    LABEL_CHANGED = "label changed", _("label of a sent message changed")
    LABEL_CHANGED_BY_THE_PARTNER = "label changed by the partner", _("label changed by the partner")
    LABEL_PASSED_ON = "label passed on", _("stricter label passed on to a third centre")


class ForeignEnquiryAudit(AuditAction):
    """Enquiries of partners about money here."""

    WAITS = "partner's enquiry waits", _("partner’s enquiry waits for an officer")
    LET_THROUGH = "partner's enquiry let through", _("partner’s enquiry let through")
    DECLINED = "partner's enquiry declined", _("partner’s enquiry declined")
    FOLLOWED = "partner's enquiry followed", _("partner’s enquiry: money followed")
    ANSWERED = "partner's enquiry answered", _("partner’s enquiry answered")
    REFUSED = "partner's enquiry refused", _("partner’s enquiry refused")
    ONWARD_CONSENTED = "onward consented", _("consent that a partner goes on to others")


class ForeignOrderAudit(AuditAction):
    """Orders that partners ask for."""

    RECEIVED = "foreign order received", _("order asked for by a partner")
    ACCEPTED = "foreign order accepted", _("partner’s order accepted")
    REFUSED = "foreign order refused", _("partner’s order refused")
    ANSWERED = "foreign order answered", _("partner’s order answered")
    CONFIRMED = "foreign order confirmed", _("automatic hold for a partner confirmed")
    LAPSED = "foreign order lapsed", _("automatic hold for a partner not confirmed in time")


class RequestAudit(AuditAction):
    """Requests between people of two centres."""

    ASKED = "request asked", _("partner asked")
    RECEIVED = "request received", _("request of a partner received")
    TAKEN_OVER = "request taken over", _("request taken over")
    ANSWERED = "request answered", _("request answered in full")
    PARTLY = "request partly", _("request answered in part")
    REFUSED = "request refused", _("request refused")
    NOTED = "request noted", _("note in the thread of a request")
    ESCALATED = "request escalated", _("request escalated")
    WITHDRAWN = "request withdrawn", _("request withdrawn")
    PARTNER_REQUESTS_EXPORTED = "partner requests exported", _("requests exported")

    @classmethod
    def of(cls, outcome: str) -> RequestAudit:
        """The action of a request that was answered with `outcome`."""
        return cls(f"request {outcome}")


class ExchangeDetail(AuditDetail):
    """Names of details that entries about exchange keep."""

    VERSION = "version", _("version")
    CLAUSE = "clause", _("clause")
    AGREEMENT = "agreement", _("agreement")
    TOLD = "told", _("partner told")
    GROUND = "ground", _("ground")
    PARTNER = "partner", _("partner")
    SERIAL = "serial", _("card number")
    USE = "use", _("use")
    COVERS = "covers", _("also answers for")
    KEY = "key", _("key")
