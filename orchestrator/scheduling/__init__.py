"""Who is tried, who goes on at a rung, who is tried again; every decision in the journal first.

Knows no Ray and trains nothing: `on_ray` asks it, and in tests a script.
"""
