"""Faces: where they come from, how they are checked, decoded, carved into splits and cached.

Knows nothing of preprocessing, models and trials; what leaves it is `faces.Splits`, in uint8.
"""
