"""A city's logo: which files may be one."""

from __future__ import annotations

LOGOS = {"logo.svg": "image/svg+xml", "logo.png": "image/png"}
LARGEST = 100 * 1024


def unusable(name: str, content: bytes) -> str:
    """Say why a file cannot be the logo; "" where it can. It is only ever shown as a picture."""
    if len(content) > LARGEST:
        return "a logo has at most 100 KB; make it smaller."
    if name.endswith(".png"):
        return "" if content.startswith(b"\x89PNG\r\n\x1a\n") else "this is no PNG picture."
    try:
        text = content.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError:
        return "not UTF-8; save it as plain SVG."
    if not text.startswith(("<svg", "<?xml", "<!--")) or "<svg" not in text:
        return "this is no SVG drawing."
    if "<script" in text.lower() or "<!entity" in text.lower():
        return "it holds a script or entities; save it as plain SVG."
    return ""
