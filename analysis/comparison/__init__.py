"""Held against each other: configurations of one sweep, and two sweeps.

It knows tables and stored predictions; it does not know how what it finds is told.
"""
