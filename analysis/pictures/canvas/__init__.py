"""Tiles, colours, letters and their places: arrays in, arrays out.

Every picture is put together from these. Nothing here knows what a face, a class or a map means,
nor any table.
"""
