"""What a reported pair of loss and "accuracy" means: exact bounds, and where our own trials lie.

It reads curves that are stored; it knows of no sweep under way and of no image.
"""
