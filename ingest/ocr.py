"""Lines of scanned pages, read with RapidOCR (the extra `ocr`), whose models come with its package."""

import pypdfium2
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from ingest.typeset import Line

_SCALE = 2.5
"""Pixels per point: 180 dots per inch, at which small type is still read well."""
_MOST = 25_000_000
"""The most pixels that a page is drawn with."""
_SURE = 0.5


class Eye:
    """Reads pictures of pages. Making one loads the models."""

    def __init__(self) -> None:
        self._read = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                # Pages that hold little are scaled up else, and lines are lost.
                "Det.limit_type": "max",
                "Det.limit_side_len": 1600,
            }
        )

    def lines(self, page: pypdfium2.PdfPage) -> tuple[Line, ...]:
        """The lines of a page, at their places on it."""
        width, height = page.get_size()
        scale = min(_SCALE, (_MOST / max(width * height, 1)) ** 0.5)
        found = self._read(page.render(scale=scale).to_numpy())
        if not isinstance(found, RapidOCROutput) or found.boxes is None or found.txts is None or found.scores is None:
            return ()
        read = zip(found.boxes, found.txts, found.scores, strict=True)
        return tuple(_line(box / scale, text) for box, text, score in read if score > _SURE and text.strip())


def _line(box: "list[list[float]]", text: str) -> Line:
    xs, ys = [float(point[0]) for point in box], [float(point[1]) for point in box]
    height = max(ys) - min(ys)
    return Line(text.strip(), min(xs), max(xs), max(ys) - 0.2 * height, 0.85 * height)
