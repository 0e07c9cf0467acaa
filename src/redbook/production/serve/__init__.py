"""The page for a box with burners, and what it asks: a web server for one machine or the middle of
several.
"""
