"""Sections of the page that holds two sweeps against each other.

They know what was computed (`analysis.comparison`) and the page's blocks, and read no folder but
for what both pages show.
"""
