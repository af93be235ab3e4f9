"""What a liaison officer works with: partners, agreements, requests by people, what partners ask and order, parity."""
