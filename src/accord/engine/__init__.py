"""The analysis: typed functions over columns. No Django, no network; usable as a library."""
