"""How data sets are laid out: one layout a file, `sources.SOURCES` names them.

Knows no cache and no split that a data set does not name.
"""
