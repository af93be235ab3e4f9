"""What happens around every request of someone signed in: session limits, the second factor, purpose and record of reads."""
