"""From tables to understanding; never trains, never schedules."""
