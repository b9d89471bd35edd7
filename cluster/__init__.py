"""Descriptions of clusters; nobody imports it."""
