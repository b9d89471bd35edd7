"""Who is tried, who goes on at a rung, who is tried again; every decision in the journal first.

Knows no Ray and trains nothing: it is asked by `on_ray`, and by scripts in tests.
"""
