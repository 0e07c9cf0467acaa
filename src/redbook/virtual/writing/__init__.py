"""What each write type does with the sectors that a host sends."""
