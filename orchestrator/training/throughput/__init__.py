"""How many images a second are trained, by one process and by several that share a device."""
