"""What earlier projects reported of experiments that are named sweeps here, and ours beside it.

Knows tables alone; nothing here is drawn or put into words for a page.
"""
