"""How the ten digits are written: strokes through points of the unit square."""

from math import cos, pi, sin

Point = tuple[float, float]
Stroke = list[Point]


def arc(
    x: float, y: float, width: float, height: float, begin: float, end: float
) -> Stroke:
    """Follow an ellipse; angles in degrees, from the right, clockwise as on a page."""
    angles = [begin + (end - begin) * i / 12 for i in range(13)]
    return [
        (x + width * cos(pi * angle / 180), y + height * sin(pi * angle / 180))
        for angle in angles
    ]


STROKES: dict[int, list[Stroke]] = {
    0: [arc(0.5, 0.5, 0.33, 0.5, -90, 270)],
    1: [[(0.52, 0.0), (0.48, 1.0)]],
    2: [[*arc(0.48, 0.3, 0.36, 0.3, -160, 40), (0.12, 1.0), (0.92, 0.97)]],
    3: [
        arc(0.42, 0.25, 0.36, 0.25, -150, 90),
        arc(0.42, 0.74, 0.42, 0.26, -90, 150),
    ],
    4: [[(0.25, 0.0), (0.12, 0.55), (0.88, 0.52)], [(0.74, 0.05), (0.66, 1.0)]],
    5: [
        [(0.24, 0.02), (0.2, 0.46), *arc(0.4, 0.7, 0.42, 0.29, -110, 140)],
        [(0.24, 0.02), (0.85, 0.0)],
    ],
    6: [[(0.66, 0.0), (0.34, 0.3), *arc(0.48, 0.74, 0.32, 0.26, 180, 540)]],
    7: [[(0.1, 0.05), (0.9, 0.02), (0.42, 1.0)]],
    8: [
        [
            *arc(0.5, 0.26, 0.28, 0.25, -45, -270),
            *arc(0.5, 0.76, 0.33, 0.25, -90, 270),
            *arc(0.5, 0.26, 0.28, 0.25, 90, -45),
        ]
    ],
    9: [[*arc(0.46, 0.28, 0.3, 0.27, -20, -380), (0.74, 0.3), (0.66, 1.0)]],
}
