"""What changes enquiries, orders, requests and labels across borders: one module for each matter."""
