"""What goes over the line between two nodes: envelopes, their place in a stream, the receipts for them, and their delivery."""
