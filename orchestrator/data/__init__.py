"""Faces: where they come from, how they are checked, cached and split."""
