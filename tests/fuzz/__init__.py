"""Coverage-guided runs: `make fuzz`. What they find goes into the tests, with its bytes."""
