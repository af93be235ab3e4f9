"""The public site: following a report, appealing against an order. No sign-in, no scripts, nothing that helps an offender."""
