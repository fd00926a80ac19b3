"""Sizes for pictures that are coded anew. Pure."""

from __future__ import annotations


def fitted(width: int, height: int, longest: int) -> tuple[int, int]:
    """Width and height within ``longest`` pixels, both even as 4:2:0 wants them, at least 16; nothing is enlarged."""
    scale = min(1.0, longest / max(width, height, 1))
    return max(16, round(width * scale) // 2 * 2), max(16, round(height * scale) // 2 * 2)
