"""Components, template tags, assets and words that every site shares."""
