"""The desk: where officers take calls, follow the money and decide."""
