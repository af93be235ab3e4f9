"""What agencies exchange under an agreement: partners, agreements, envelopes, enquiries and orders across borders."""
