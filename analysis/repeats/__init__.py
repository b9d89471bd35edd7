"""Configurations that were trained with several seeds: how good on average, and how sure that is.

Knows tables and stored answers of validation images; test images have no say here.
"""
