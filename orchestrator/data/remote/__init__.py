"""Data behind a URI: what they are, in what state, and how long to wait for them.

Must not know what the bytes mean, nor where copies of them are kept.
"""
