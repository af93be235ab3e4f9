"""What changes appeals, returns and compensation, and what an order's own changes mean for them."""
