"""Data sets that were read before: prepared once a machine, then memory-mapped.

Knows no layout; what it cannot open it has read again.
"""
