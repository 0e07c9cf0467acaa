"""What each write type makes of the sectors that a host sends."""
