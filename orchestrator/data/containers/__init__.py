"""What a data set lies in: a folder, a file, a zip or a tar, read by member name in memory.

Knows bytes and names, not faces.
"""
