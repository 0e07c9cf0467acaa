"""A CD recorder in software: a transport like any other, with a disc that is a folder."""
