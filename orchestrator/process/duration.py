"""Seconds as people say them."""


def duration(seconds: float) -> str:
    """For people: "48 s", "3 min 5 s", "2 h 10 min"."""
    rounded = max(0, round(seconds))
    if rounded < 60:
        return f"{rounded} s"
    if rounded < 3600:
        return f"{rounded // 60} min {rounded % 60} s" if rounded % 60 else f"{rounded // 60} min"
    minutes = round(rounded / 60)
    return f"{minutes // 60} h {minutes % 60} min"
