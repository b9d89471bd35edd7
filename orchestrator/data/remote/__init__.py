"""Data behind a URI: what it is, in what state, and how long to wait for it.

Knows neither what the bytes mean nor where they are kept.
"""
