"""Simulated scans: MNIST's images on paper, before a camera."""

import cv2
import numpy as np


def simulate_scan(image, rng):
    """Draw one digit on paper of uneven light, and take a noisy picture of it.

    Parameters
    ----------
    image : ndarray of shape (28, 28), dtype uint8
        White on black.
    rng : numpy.random.Generator
        Source of all that is random: rotation up to 10 degrees, size from 1 to 6 times,
        place, margins, light, contrast, noise, and whether ink is dark or light.

    Returns
    -------
    ndarray of shape (height, width), dtype uint8
    """
    scale = rng.uniform(1, 6)
    side = round(28 * scale)
    margins = rng.uniform(0, 0.8, 4) * side
    height, width = (side + round(a + b) for a, b in (margins[:2], margins[2:]))
    matrix = cv2.getRotationMatrix2D((13.5, 13.5), rng.uniform(-10, 10), scale)
    matrix[:, 2] += np.array([margins[2], margins[0]]) + side / 2 - 13.5
    ink = cv2.warpAffine(
        image.astype(np.float32) / 255, matrix, (width, height), flags=cv2.INTER_CUBIC
    ).clip(0, 1)
    y, x = np.meshgrid(
        np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij"
    )
    slope_x, slope_y, bend = rng.uniform(-0.08, 0.08, 3)
    light = rng.uniform(0.75, 0.9) + slope_x * x + slope_y * y + bend * x * y
    picture = light - rng.uniform(0.45, 0.65) * ink
    picture += rng.uniform(0.01, 0.04) * rng.standard_normal((height, width))
    picture = np.rint(255 * picture.clip(0, 1)).astype(np.uint8)
    return 255 - picture if rng.random() < 0.5 else picture


def simulate_scans(images, seed):
    """Simulate a scan of each of many images (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    return [simulate_scan(image, rng) for image in images]


def naively_resized(pictures):
    """What most demos do: squeeze the picture into 28 x 28 and hope."""
    return np.stack(
        [cv2.resize(one, (28, 28), interpolation=cv2.INTER_AREA) for one in pictures]
    )
