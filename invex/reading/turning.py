"""Turning a page by quarter turns: boxes in the frame of the turned page."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.floating[Any]]


def turn_boxes(boxes: Boxes, degrees: int) -> Boxes:
    """Return relative boxes (n, 4) in the frame of their page turned clockwise by `degrees`, a multiple of 90."""
    x0, y0, x1, y1 = boxes.T
    quarter = degrees // 90 % 4
    if quarter == 0:
        return boxes
    if quarter == 1:
        turned = (1 - y1, x0, 1 - y0, x1)
    elif quarter == 2:
        turned = (1 - x1, 1 - y1, 1 - x0, 1 - y0)
    else:
        turned = (y0, 1 - x1, y1, 1 - x0)
    return np.stack(turned, axis=1)
