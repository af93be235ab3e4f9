"""What changes partners, agreements and what is exchanged under them: one module for each matter."""
