"""Faults injected on purpose, and what a sweep makes of them: python -m cluster.chaos.

It breaks the product from outside, by its commands, files and processes; the product has no hook
for it and must not know of it.
"""
