"""From tables to understanding: ensemble, explanations, figures, pictures, report.

It reads what a sweep left and adds to it. It never trains and never schedules, knows neither Ray
nor the driver, and nothing in `orchestrator` may import it.
"""
