"""What other systems call on this node: a ledger holder's inbox (bank/v1), and where a centre takes what it is told.

Both are plain JSON over HTTPS, described by an OpenAPI document beside them. The messages are the ports' own dataclasses,
read and written by the same code as on the calling side, so that the two cannot drift apart.
"""
