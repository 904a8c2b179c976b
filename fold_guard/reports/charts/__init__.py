"""Charts of the HTML report: one function a chart, SVG that follows the page's theme."""
