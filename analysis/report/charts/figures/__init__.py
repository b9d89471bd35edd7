"""Figures of `analysis.figures` drawn into the page: what they compute and say is theirs alone."""
