"""Ways to a recorder. Each is a `Transport`; the code above does not ask which."""
