"""Charts of a sweep's tables, by name in `figure_catalogue.FIGURES`.

A module computes, `data(tables) -> frame`, then draws, `draw(frame, canvas)`: only the first has
logic, and only `render` knows of PNG. No figure reads a file, loads a net or sees a face.
"""
