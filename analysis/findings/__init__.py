"""From what workers found to the tables that are read: NumPy, pandas and pyarrow only."""
