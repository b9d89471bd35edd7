"""One section of the page a file: from tables to blocks, which are plain data.

Knows what the tables mean and what a reader must be told; knows neither HTML, which the template
makes of the blocks, nor where the folder lies.
"""
