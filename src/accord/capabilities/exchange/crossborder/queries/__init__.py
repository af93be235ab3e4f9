"""What may be seen of enquiries, orders and requests across borders: one module for each."""
