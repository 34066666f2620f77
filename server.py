"""The endpoint for any WSGI server, as `server:app`; run as a program it is `aikg serve`."""

import sys

from aikg import cli, graph, settings, web

if __name__ == "__main__":
    cli.main(["serve", *sys.argv[1:]])
else:
    configured = settings.from_environment()
    graph.ensure_built(configured)
    app = web.open_app(configured)
