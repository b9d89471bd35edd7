"""Descriptions of clusters, and the exact versions that CI and images install."""
