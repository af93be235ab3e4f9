"""What centres do for each other under an agreement: enquiries, orders, requests, and the labels of what has crossed."""
