"""Faults made on purpose, and what a sweep makes of them: python -m cluster.chaos."""
