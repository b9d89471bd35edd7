"""Illumination corrections and other deterministic preprocessing: VARIANTS."""
