"""Faces and maps as pictures that people can read: NumPy and Pillow only."""
