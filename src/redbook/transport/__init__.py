"""Ways to a recorder. Each is a `Transport`; nothing above asks which."""
