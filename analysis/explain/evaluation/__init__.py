"""How far maps can be believed: pixels go and come, weights are forgotten, noise is added.

Asks any method of the catalogue by name and knows none of them by itself.
"""
