"""Nouns, ports and errors: standard library and numpy only."""
