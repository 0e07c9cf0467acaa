"""Many copies: who ordered what, and what became of every blank."""
