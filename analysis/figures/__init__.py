"""Pictures of tables: each module has `data(tables) -> frame` and `draw(frame, ax)`."""
