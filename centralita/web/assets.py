"""The page and its files: built by `ui/`, read once, served from memory under hashed names."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp import web

STATIC = Path(__file__).with_name("static")
AGENT_PATH = "/agente"
FLOWS_PATH = "/flujos"
PAGES = frozenset({"/", AGENT_PATH, FLOWS_PATH})
"""What a person opens in a browser."""
LONG = "private, max-age=31536000, immutable"
"""A file's name holds the hash of its content, so it never changes."""

_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
_PAGE = """<!doctype html>
<html lang="es">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Centralita</title>
<link rel="icon" href="/static/{icon}">
{styles}
<script type="module" src="/static/{js}"></script>
</head>
<body>
<div id="app" data-telephone="/static/{telephone}"></div>
<noscript>Esta página necesita JavaScript. / This page needs JavaScript.</noscript>
</body>
</html>
"""
_NOT_BUILT = """<!doctype html>
<html lang="es"><head><meta charset="utf-8"><title>Centralita</title></head>
<body><h1>Centralita</h1>
<p>La interfaz no está construida: ejecute «npm ci &amp;&amp; npm run build» en ui/. El servidor funciona.</p>
<p lang="en">The interface is not built: run "npm ci &amp;&amp; npm run build" in ui/. The server works.</p>
</body></html>
"""


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    zipped: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """`page` is None when the interface has not been built."""

    page: str | None
    agent_page: str | None
    flows_page: str | None
    files: dict[str, Asset]


def load(folder: Path = STATIC) -> Assets:
    """
    Read what `ui/build.mjs` wrote.

    Raises:
        OSError, msgspec.DecodeError, KeyError: The build is there but broken: build it again.
    """
    manifest_path = folder / "manifest.json"
    if not manifest_path.exists():
        return Assets(None, None, None, {})
    names = msgspec.json.decode(manifest_path.read_bytes(), type=dict[str, str])
    files = {name: _asset(folder / name) for name in names.values()}
    return Assets(
        _page(names, "app.js", "app.css"),
        _page(names, "agent.js", "app.css", "agent.css"),
        _page(names, "flows.js", "app.css", "flows.css"),
        files,
    )


def _page(names: Mapping[str, str], script: str, *styles: str) -> str:
    return _PAGE.format(
        icon=names["icon.svg"],
        styles="\n".join(f'<link rel="stylesheet" href="/static/{names[style]}">' for style in styles),
        js=names[script],
        telephone=names["telephone.js"],
    )


def file_response(request: web.Request, assets: Assets) -> web.Response:
    """Raises HTTPNotFound."""
    asset = assets.files.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    headers = {"Cache-Control": LONG, "Vary": "Accept-Encoding"}
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        body=asset.zipped if zipped else asset.body,
        content_type=asset.content_type,
        charset="utf-8",
        headers=headers,
    )


def page_response(assets: Assets) -> web.Response:
    """The page of who watches over the centre."""
    return _html(assets.page)


def agent_page_response(assets: Assets) -> web.Response:
    """The page of who takes calls."""
    return _html(assets.agent_page)


def flows_page_response(assets: Assets) -> web.Response:
    """The page of who looks after flows, what callers said, promised calls and messages."""
    return _html(assets.flows_page)


def _html(page: str | None) -> web.Response:
    if page is None:
        return web.Response(status=503, text=_NOT_BUILT, content_type="text/html")
    return web.Response(text=page, content_type="text/html")


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, gzip.compress(body, mtime=0), _TYPES[path.suffix])
