"""redbook as people install it: wheel and sdist, in clean environments, away from the checkout."""
