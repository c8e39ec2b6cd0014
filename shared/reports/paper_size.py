"""The two sizes of paper."""

from typing import Final, Literal, get_args

PaperSize = Literal["letter", "a4"]
PAPER_SIZES: Final[tuple[str, ...]] = get_args(PaperSize)
