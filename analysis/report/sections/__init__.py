"""One section of the page a file: from tables to blocks.

Knows the blocks and not how the template draws them.
"""
