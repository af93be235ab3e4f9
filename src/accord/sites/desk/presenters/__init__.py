"""Joined traces, plans and orders in the shape in which pages show them. No request, no HTML."""
