"""The page for a machine with burners, and its server, for one machine or at the centre of several."""
