"""The frame around Great Expectations' pages: no script, no network, light and dark, printable."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8881; --good: #1a7f4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --good: #6fcf97; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
a { color: inherit; }
h4, h5, h6 { font-size: 1.1rem; margin: 1rem 0 .25rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; }
tr { border-bottom: 1px solid var(--line); }
th:empty { padding: 0; }
td { overflow-wrap: anywhere; }
li { margin: .3rem 0; }
pre { overflow-x: auto; }
.badge { background: var(--soft); border: 1px solid var(--line); border-radius: .3rem; }
.badge { padding: 0 .3rem; }
.alert { padding: .5rem .75rem; background: var(--soft); }
.text-success { color: var(--good); }
.text-danger, .text-warning { color: var(--bad); }
.fa-check-circle::before { content: "\\2713 "; }
.fa-times::before { content: "\\2717 "; }
.fa-exclamation-triangle::before { content: "! "; }
.table-responsive { overflow-x: auto; }
footer { margin-top: 2rem; font-size: .85rem; }
"""

_HEAD = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'\">\n"
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    f"<title>{{{{ page }}}}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
)

PAGE = (
    _HEAD
    + """<h1>{{ page }}</h1>
<nav><a href="index.html">Results</a> · <a href="expectations.html">Expectations</a></nav>
<main>
{% for part in left_out %}
<p class="text-danger">Great Expectations could not render a part of this page: {{ part }}</p>
{% endfor %}
{% for section in sections %}
{% set section_loop = loop -%}
{% include 'section.j2' %}
{% endfor %}
</main>
<footer>Rendered by Great Expectations {{ ge_version }}.</footer>
</body>
</html>"""
)

COLLAPSE = """<details>
<summary>{{ content_block["collapse_toggle_link"] | render_content_block }}</summary>
{% include 'content_block_header.j2' %}
{% for block in content_block["collapse"] %}
{% set content_block_id = content_block_id ~ "-collapse-item-" ~ loop.index %}
{{ block | render_content_block(content_block_id=content_block_id) }}
{% endfor %}
</details>
"""

NOT_RUN = (
    _HEAD
    + """<h1>{{ page }}</h1>
<main><p class="text-danger">{{ summary }}</p></main>
</body>
</html>
"""
)
