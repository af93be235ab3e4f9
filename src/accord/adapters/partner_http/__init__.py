"""Partners' nodes over HTTPS: a batch of envelopes goes, a signed reply comes back. Implements the exchange's port."""

from accord.adapters.partner_http.line import PATH, PartnerLines, Trust

__all__ = ["PATH", "PartnerLines", "Trust"]
