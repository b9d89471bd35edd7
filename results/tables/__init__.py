"""Columns of tables, where `results.schema`, which names all tables, has no room for them."""
