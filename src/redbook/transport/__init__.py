"""Ways to a recorder. Each is a `Transport`; the layers above do not ask which one."""
