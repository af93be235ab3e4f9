"""Who works here and what they may do; the audit of what they did."""
