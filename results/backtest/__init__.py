"""What schedulers are measured on, and what they came to: two tables that come with us."""
