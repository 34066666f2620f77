"""The endpoint for any WSGI server, as `server:app`; run as a program it is `aikg serve`."""

import sys

from aikg import built, cli, settings, web

if __name__ == "__main__":
    cli.main(["serve", *sys.argv[1:]])
else:
    configured = settings.from_environment()
    built.ensure_built(configured)
    app = web.open_app(configured)
