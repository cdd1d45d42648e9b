"""From a PDF page's own coordinates to the page as a person sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from .turning import turn_boxes


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The visible part of a page: left, bottom, right, top in points, y up, before the page's own `rotation`.

    rotation: degrees clockwise by which the file asks a viewer to turn the page. width, height: in points, after it.
    """

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    @property
    def width(self) -> float:
        return self.top - self.bottom if self.rotation % 180 else self.right - self.left

    @property
    def height(self) -> float:
        return self.right - self.left if self.rotation % 180 else self.top - self.bottom

    def relative(self, boxes: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return boxes (n, 4) x y x y of any two opposite corners as x0 y0 x1 y1 relative to the page as it is seen."""
        x = (boxes[:, 0::2] - self.left) / (self.right - self.left)
        y = (self.top - boxes[:, 1::2]) / (self.top - self.bottom)
        relative = np.stack((x.min(1), y.min(1), x.max(1), y.max(1)), axis=1).astype(np.float32)
        return turn_boxes(relative, self.rotation)

    def directions(self, angles: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
        """Quarter turns counter-clockwise, 0..3, in which text of these angles (clockwise, radians) is seen to run."""
        quarters = np.rint(-angles / (np.pi / 2)).astype(np.intp)
        seen: NDArray[np.intp] = (quarters - self.rotation // 90) % 4
        return seen

    def turned(self, degrees: int) -> PageFrame:
        """The frame of the page when it is turned clockwise by `degrees` more."""
        return PageFrame(self.left, self.bottom, self.right, self.top, (self.rotation + degrees) % 360)

    def turn(self, boxes: NDArray[np.float32], degrees: int) -> NDArray[np.float32]:
        """Relative boxes of the page as seen, in the frame of turned(degrees)."""
        return turn_boxes(boxes, degrees).astype(np.float32)


def frame_of(page: pdfium.PdfPage) -> PageFrame:
    """Return the frame of a page."""
    left, bottom, right, top = page.get_bbox()
    return PageFrame(left, bottom, right, top, page.get_rotation())
