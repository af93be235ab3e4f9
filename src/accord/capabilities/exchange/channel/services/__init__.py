"""Messages from the business change here to the handler there, by line or by file, each once and in order."""
