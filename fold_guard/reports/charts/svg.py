"""From a Vega-Lite chart to SVG that can stand inside a page: theme colours, ids of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from fold_guard.reports.page.visible import visible

if TYPE_CHECKING:
    import altair as alt

# Vega-Lite takes only real colours: these stand for variables of the page until the SVG is made.
INK, MUTED, PAPER = "#000001", "#000002", "#000003"
SERIES = tuple(f"#0000{16 + i:02x}" for i in range(8))
_COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    PAPER: "var(--paper)",
    **{colour: f"var(--s{i})" for i, colour in enumerate(SERIES)},
}
# Metrics of this font are compiled into vl-convert: the layout is the same on every machine. The
# page then asks for a font of the same widths.
FONT = "Liberation Sans"
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_TAGS = frozenset(
    {"svg", "g", "path", "rect", "line", "text", "tspan", "circle", "defs", "clipPath"}
)
_LOOKS = {"fill", "stroke", "opacity", "transform", "fill-opacity", "stroke-opacity"}
_STROKES = {"stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin"}
_PLACES = {"viewBox", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "d"}
_WORDS = {"text-anchor", "font-size", "font-weight", "font-style"}
_ATTRIBUTES = _LOOKS | _STROKES | _PLACES | _WORDS | {"id", "clip-path"}
_NOTHING = ("", "M0,0h0v0h0Z")


def series(index: int) -> str:
    """Return the stand-in of the page's series colour; they repeat after eight."""
    return SERIES[index % len(SERIES)]


def variable(colour: str) -> str:
    """Return the page's variable behind a stand-in colour, for a legend.

    >>> variable(series(0))
    'var(--s0)'
    """
    return _COLOURS.get(colour, colour)


def draw(chart: alt.TopLevelMixin, *, name: str, title: str, description: str) -> str:
    """Return a chart as inline SVG.

    Parameters
    ----------
    chart : altair chart
        Coloured with the stand-ins of this module. Its texts must be visible text already
        (`fold_guard.reports.page.visible`): the converter aborts the process on control characters.
    name : str
        Prefix of ids inside the SVG; unique on the page.
    title, description : str
        For readers who hear the page.

    Returns
    -------
    str
        Markup; every text in it is escaped, and only shapes, text and their looks are kept.
    """
    import vl_convert

    text = vl_convert.vegalite_to_svg(_configured(chart))
    return clean(text, name=name, title=title, description=description)


def _configured(chart: alt.TopLevelMixin) -> dict[str, Any]:
    text = {"labelColor": MUTED, "titleColor": MUTED, "labelFont": FONT, "titleFont": FONT}
    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = {
        "aria": False,
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "text": {"color": INK, "font": FONT, "fontSize": 11},
        "axis": {
            **text,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "domainColor": MUTED,
            "tickColor": MUTED,
            "gridColor": MUTED,
            "gridOpacity": 0.22,
        },
        "header": {**text, "labelFontSize": 11, "labelColor": INK, "labelFontWeight": "bold"},
        "title": {"color": INK, "font": FONT, "fontSize": 11},
    }
    return spec


def clean(text: str, *, name: str, title: str, description: str) -> str:
    """Keep shapes and text of an SVG, give it its own ids, theme colours and an accessible name.

    Ids that the renderer chose depend on what the process drew before; they are numbered anew.
    """
    root = ET.fromstring(text)
    ids: dict[str, str] = {}
    for element in root.iter():
        old = element.attrib.get("id")
        if old is not None:
            ids[old] = f"{name}-{len(ids)}"
    _strip(root, ids)
    for key in ("width", "height"):
        root.attrib.pop(key, None)
    width, height = (float(each) for each in root.attrib["viewBox"].split()[2:])
    root.attrib["width"], root.attrib["height"] = f"{width:g}", f"{height:g}"
    root.attrib["role"] = "img"
    root.attrib["aria-labelledby"] = f"{name}-title {name}-desc"
    for place, (tag, words) in enumerate((("title", title), ("desc", description))):
        said = ET.Element(tag, {"id": f"{name}-{tag}"})
        said.text = visible(words)
        root.insert(place, said)
    return ET.tostring(root, encoding="unicode")


def _strip(element: ET.Element, ids: dict[str, str]) -> None:
    element.tag = element.tag.removeprefix(_NAMESPACE)
    attributes = {}
    for key, value in element.attrib.items():
        if key in _ATTRIBUTES:
            attributes[key] = _attribute(key, value, ids)
    element.attrib.clear()
    element.attrib.update(attributes)
    for child in list(element):
        if _is_clutter(child):
            element.remove(child)
        else:
            _strip(child, ids)
            if child.tag in ("g", "defs") and not len(child):
                element.remove(child)


def _is_clutter(element: ET.Element) -> bool:
    tag = element.tag.removeprefix(_NAMESPACE)
    return (
        tag not in _TAGS
        or element.attrib.get("display") == "none"
        or (tag == "path" and element.attrib.get("d", "") in _NOTHING)
    )


def _attribute(key: str, value: str, ids: dict[str, str]) -> str:
    if key == "id":
        return ids[value]
    if key == "clip-path":
        return re.sub(r"url\(#(.+)\)", lambda match: f"url(#{ids[match[1]]})", value)
    return _COLOURS.get(value, value) if key in ("fill", "stroke") else value
