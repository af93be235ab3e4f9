"""What several sites hold in common: confirm dialogue, CSV, paging, words, filters. Sites know this room and not each other."""
