"""What all figures share: type, grid, hover. Text and grid colours are replaced by CSS variables in the browser (charts.css)."""

from shared.charts.palette import QUIET, SERIES

Figure = dict[str, object]
"""A plotly figure as a dictionary: ``data`` and ``layout``."""

FONT = "Inter, system-ui, sans-serif"
CONFIG: dict[str, object] = {"displayModeBar": False, "responsive": True, "displaylogo": False, "scrollZoom": False, "doubleClick": False, "showAxisDragHandles": False}


def layout(height: int, **more: object) -> dict[str, object]:
    """Return the layout that every figure begins with; ``more`` wins, key by key (axes are merged)."""
    common: dict[str, object] = {
        "font": {"family": FONT, "size": 12, "color": "#667085"}, "colorway": list(SERIES), "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 0, "r": 0, "t": 4, "b": 0}, "autosize": True, "height": height, "showlegend": False, "hovermode": "x unified", "dragmode": False,
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left", "namelength": -1}, "barcornerradius": 4, "bargap": 0.35,
    }
    axes: dict[str, dict[str, object]] = {
        "xaxis": {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "automargin": True, "ticklabelstandoff": 6, "fixedrange": True,
                  "showspikes": True, "spikethickness": 1, "spikedash": "solid", "spikecolor": QUIET, "spikemode": "across", "spikesnap": "data"},
        "yaxis": {"showgrid": True, "gridcolor": "#eceef2", "gridwidth": 1, "zeroline": False, "showline": False, "ticks": "", "automargin": True, "nticks": 6,
                  "ticklabelstandoff": 8, "fixedrange": True},
    }
    for name, axis in axes.items():
        own = more.pop(name, {})
        common[name] = axis | (own if isinstance(own, dict) else {})
    return common | more
