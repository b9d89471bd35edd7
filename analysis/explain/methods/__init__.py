"""One explanation method a file, named in `catalogue.METHODS`: from a network to maps.

Knows nothing of tables, faces or what a map is used for.
"""
