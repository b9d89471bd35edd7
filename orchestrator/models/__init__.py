"""Neural networks, described by the field's own layer notation."""
