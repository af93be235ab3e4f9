"""Transfers in bulk: schema, table store, loaders. The design leaves room for calls and messages."""
