"""Tiles, colours, letters and their places: arrays in, arrays out.

Knows nothing of nets, tables or what a picture shows.
"""
