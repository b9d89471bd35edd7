"""The TensorFlow backend of the seam `training.engine`: a compiled epoch and what it needs.

Knows no Ray and no file; nothing outside this room imports TensorFlow for training.
"""
