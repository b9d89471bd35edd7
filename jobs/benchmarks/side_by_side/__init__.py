"""Two ways to the same end, measured A B A B, each time in a fresh process.

Knows no comparison: what is compared stands in `comparisons`, and imports from here.
"""
