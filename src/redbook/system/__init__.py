"""What Linux says about optical drives: sysfs, device nodes, who holds them. No command is sent from here."""
