"""Charts that are drawn into the page itself, as SVG: sharp, selectable, in the page's colours.

Each chart is two functions, one that computes what is shown and one that draws it. They know
tables and numbers; they do not know the page that they are put into.
"""
