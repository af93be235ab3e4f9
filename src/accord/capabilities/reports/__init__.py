"""What victims and witnesses state."""
