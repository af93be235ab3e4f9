"""What goes over the line between two nodes: envelopes, their place in a stream, and the receipts for them."""
