"""From a question to a table of trained trials."""
