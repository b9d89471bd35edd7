"""The JAX backend of the seam `training.engine`: a compiled epoch and what it needs.

Knows no Ray and no file but its cache of compiled programs; TensorFlow is never loaded here.
"""
