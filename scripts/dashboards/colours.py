"""Colours that colour-blind people can distinguish, after Okabe and Ito, on dark and light backgrounds."""

from typing import Final

GREEN: Final = "#009E73"
SKY: Final = "#56B4E9"
BLUE: Final = "#0072B2"
YELLOW: Final = "#F0E442"
ORANGE: Final = "#E69F00"
VERMILLION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#8E8E8E"
DARK: Final = "#5A5A5A"

ALL: Final = frozenset({GREEN, SKY, BLUE, YELLOW, ORANGE, VERMILLION, PURPLE, GREY, DARK})
