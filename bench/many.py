"""How many requests a second several servers answer behind one proxy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench import servers
from bench.client import target
from bench.memory import worked
from bench.report import Section, median, times
from bench.servers import Data, Server, free_port
from bench.setting import Setting
from bench.throughput import CONNECTIONS, THREADS, run_wrk
from bench.workload import SMALL

#: How many servers stand behind the proxy, in turn.
NUMBERS = (1, 2, 3)
_QUERIES = 40
#: One worker, so that the proxy takes one core at most; connections to the servers are kept.
_NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream behind {{ {servers} keepalive 32; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }}
  }}
}}
"""


@contextmanager
def _proxied(program: str, behind: list[Server]) -> Iterator[Server]:
    """Run nginx in front of some servers."""
    with TemporaryDirectory(prefix="proxy-") as folder:
        port = free_port()
        lines = " ".join(f"server 127.0.0.1:{each.port};" for each in behind)
        file = Path(folder) / "nginx.conf"
        file.write_text(_NGINX.format(folder=folder, servers=lines, port=port))
        command = [program, "-c", str(file), "-p", folder]
        with servers.run("nginx", command, port, behind[0].path) as proxy:
            yield proxy


@contextmanager
def _ours(graph: Path) -> Iterator[Server]:
    """Run a server with a home of its own, which goes when it ends."""
    with TemporaryDirectory(prefix="many-", dir=graph.parent) as folder:
        home = Path(folder)
        os.link(graph, home / graph.name)
        with servers.ours(Data(home, home)) as server:
            yield server


def measure(setting: Setting, count: int, seconds: int) -> Section | None:
    """Ask one, two and three servers behind nginx; None where nginx or wrk is not installed."""
    folders = f"{os.environ['PATH']}:/usr/sbin"  # where Debian has nginx
    wrk, nginx = (shutil.which(name, path=folders) for name in ("wrk", "nginx"))
    if wrk is None or nginx is None:
        return None
    random = Random(count)
    templates = setting.workload.of_kind(SMALL)
    texts = [setting.workload.fill(random.choice(templates), random) for _ in range(_QUERIES)]
    rows, alone = [], 0.0
    for number in NUMBERS:
        with ExitStack() as stack:
            behind = [stack.enter_context(_ours(setting.settings.graph)) for _ in range(number)]
            proxy = stack.enter_context(_proxied(nginx, behind))
            file = setting.data.home / "targets-many"
            file.write_text("".join(target(proxy.url, text) + "\n" for text in texts))
            cells = [str(number)]
            for mode in ("new", "repeated"):
                before = worked(proxy.pid), sum(worked(each.pid) for each in behind)
                rates = [
                    run_wrk([wrk, f"-d{seconds}s"], proxy, file, mode)[0] for _ in range(count)
                ]
                after = worked(proxy.pid), sum(worked(each.pid) for each in behind)
                rate, asked = median(rates), sum(rates) * seconds
                if mode == "new":
                    alone = alone or rate
                    cells.append(times(rate / alone))
                cells.append(f"{rate:.0f}")
                cells += [
                    f"{1e6 * (b - a) / asked:.0f}" for a, b in zip(before, after, strict=True)
                ]
        rows.append(cells)
    return Section(
        title="Several servers behind one proxy",
        method=f"Small queries by `wrk`, {CONNECTIONS} connections, {THREADS} threads, median of "
        f"{count} times {seconds} s, through nginx with one process. Servers, proxy and wrk share "
        f"the {os.cpu_count()} cores of one machine: where these are busy, more servers answer no "
        "more. Processor time is that of one request.",
        header=(
            *("servers", "new, to one server", "new, 1/s", "proxy, µs", "servers, µs"),
            *("repeated, 1/s", "proxy, µs", "servers, µs"),
        ),
        rows=rows,
    )
