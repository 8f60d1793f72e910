"""For authors of renderers, which write reports in one format; see also `linecard.api.report`."""

from linecard.ports.renderer import IndexRenderer, Renderer

__all__ = [
    "IndexRenderer",
    "Renderer",
]
