"""From tables and pictures to one page."""
