"""The endpoint for any WSGI server, as `server:app`; run as a program, it serves by itself."""

from aikg import build, settings, web

configured = settings.from_environment()
build.ensure_built(configured)
if __name__ == "__main__":
    web.serve(configured, "127.0.0.1", 8080)
else:
    app = web.open_app(configured)
