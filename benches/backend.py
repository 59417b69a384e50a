#!/usr/bin/env python3
"""Measures the backend's commands with real processes, side by side with a peer, and soaks them.

  benches/backend.py BINARY speed          how long the commands take, as medians of many runs
  benches/backend.py BINARY soak [ROUNDS]  start and kill again and again; fails when anything is left

The stub stands in for Ollama: a symbolic link to BINARY named `ollama` comes first on PATH.
Run it in a pid namespace of its own, since `kill` ends every backend that it sees:
  unshare --pid --fork --mount-proc benches/backend.py target/x86_64-unknown-linux-gnu/release/ollamactl speed
"""

import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Sandbox:
    """A home, a PATH and a port of its own."""

    def __init__(self, binary):
        self.folder = Path(tempfile.mkdtemp(prefix="ollamactl-bench-"))
        tools = self.folder / "bin"
        tools.mkdir()
        for name in ("ollamactl", "ollama"):
            (tools / name).symlink_to(Path(binary).resolve())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.env = {
            "HOME": str(self.folder),
            "PATH": f"{tools}:/usr/bin:/bin",
            "OLLAMA_HOST": f"127.0.0.1:{self.port}",
            "OLLAMACTL_BIND": "loopback",
        }
        self.state = self.folder / ".local/state/ollamactl"

    def start(self, *args, **options):
        return subprocess.Popen(
            ["ollamactl", *args], env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run(self, *args):
        process = self.start(*args)
        out, err = process.communicate(timeout=60)
        if process.returncode != 0:
            raise SystemExit(f"ollamactl {' '.join(args)} ended with {process.returncode}:\n{err.decode()}")
        return out

    def remove(self):
        shutil.rmtree(self.folder)


def clock():
    return time.perf_counter() * 1000


def row(name, values, peer=None):
    line = f"{name:<58} {statistics.median(values):8.2f} ms   ({min(values):.2f} to {max(values):.2f}, {len(values)} runs)"
    if peer:
        label, others = peer
        line += f"   {label}: {statistics.median(others):.2f} ms"
    print(line, flush=True)


def first_answer(port, seen):
    """Notes when `GET /` first answers, asking without pause."""
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                seen.append(clock())
                return
        except OSError:
            pass


def readiness(box, runs=20):
    after_ready, after_end = [], []
    for _ in range(runs):
        seen = []
        watcher = threading.Thread(target=first_answer, args=(box.port, seen))
        watcher.start()
        box.run("serve", "--background")
        returned = clock()
        watcher.join()
        after_ready.append(returned - seen[0])
        record = json.loads(next(box.state.glob("backend-*.json")).read_text())
        pids = [record["supervisor"]["pid"], record["origin"]["process"]["pid"]]
        handles = [os.pidfd_open(pid) for pid in pids]
        ends = []

        def watch(handle):
            import select
            select.select([handle], [], [])
            ends.append(clock())

        watchers = [threading.Thread(target=watch, args=(handle,)) for handle in handles]
        for thread in watchers:
            thread.start()
        box.run("kill")
        returned = clock()
        for thread in watchers:
            thread.join()
        for handle in handles:
            os.close(handle)
        after_end.append(max(0.0, returned - max(ends)))
    row("serve --background returns after the first GET / answers", after_ready)
    row("kill returns after the last process has ended", after_end)


def command(args, env, runs=40):
    times = []
    for _ in range(runs):
        begin = clock()
        subprocess.run(args, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        times.append(clock() - begin)
    return times


def start_up(box):
    row("ollamactl --version", command(["ollamactl", "--version"], box.env),
        ("/bin/true", command(["/bin/true"], box.env)))


def logs(box):
    box.state.mkdir(parents=True, exist_ok=True)
    log = box.state / f"backend-127.0.0.1-{box.port}.log"
    line = b"time=2026-11-22T08:20:38.376Z level=INFO source=routes.go:1 msg=\"a line of a log\"\n"
    with open(log, "wb") as file:
        block = line * (1024 * 1024 // len(line))
        while file.tell() < 1024 ** 3:
            file.write(block)
    log.chmod(0o600)
    row("logs backend -n 100 of 1 GiB", command(["ollamactl", "logs", "backend", "-n", "100"], box.env),
        ("tail -n 100", command(["tail", "-n", "100", str(log)], box.env)))
    log.unlink()


def resident(box):
    box.run("serve", "--background")
    pid = int(next(box.state.glob("backend-*.pid")).read_text())
    status = Path(f"/proc/{pid}/status").read_text()
    kib = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
    print(f"{'supervisor, resident':<58} {kib / 1024:8.2f} MiB")
    box.run("kill")


class Pull(BaseHTTPRequestHandler):
    """An Ollama whose pull says 100,000 lines, 1,000 a second at the most."""
    protocol_version = "HTTP/1.1"
    lines, rate, pulled = 100_000, None, False

    def log_message(self, *_):
        pass

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/":
            return self.reply(b"Ollama is running")
        if self.path == "/api/version":
            return self.reply(b'{"version":"0.33.0-rc2-stub"}')
        models = [{"name": "big:latest", "size": 1, "digest": "0"}] if Pull.pulled else []
        return self.reply(json.dumps({"models": models}).encode())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        digest = "sha256:" + "a" * 64
        for number in range(self.lines):
            line = json.dumps({"status": "pulling aaaaaaaaaaaa", "digest": digest,
                               "total": self.lines, "completed": number + 1}).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        Pull.pulled = True
        line = b'{"status":"success"}\n'
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(line), line))


def pull(box):
    server = ThreadingHTTPServer(("127.0.0.1", box.port), Pull)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before = os.times()
    box.run("pull-model", "big")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    share = used / (Pull.lines / 1000) * 100
    print(f"{'pull of 100,000 progress lines':<58} {used * 1000:8.2f} ms of a core, "
          f"that is {share:.2f} % of a core at 1,000 lines a second")
    server.shutdown()


def speed(box):
    start_up(box)
    readiness(box)
    resident(box)
    logs(box)
    pull(box)


def ours(box):
    """Processes that were started in this sandbox and live."""
    marker = f"HOME={box.folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if marker in (entry / "environ").read_bytes() and "State:\tZ" not in (entry / "status").read_text():
                    found.append((entry.name, (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()))
            except OSError:
                pass
    return found


def soak(box, rounds):
    begin = clock()
    for number in range(1, rounds + 1):
        box.run("serve", "--background")
        if number == 1:
            pid = int(next(box.state.glob("backend-*.pid")).read_text())
            descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        box.run("kill")
        if left := ours(box):
            raise SystemExit(f"round {number}: processes are left: {left}")
        files = sorted(path.name for path in box.state.iterdir() if not path.name.endswith(".log"))
        if files:
            raise SystemExit(f"round {number}: files are left: {files}")
        if number % 100 == 0:
            print(f"{number} rounds", flush=True)
    box.run("serve", "--background")
    pid = int(next(box.state.glob("backend-*.pid")).read_text())
    now = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    box.run("kill")
    if now != descriptors:
        raise SystemExit(f"the supervisor has {now} descriptors, and had {descriptors} in the first round")
    print(f"{rounds} rounds of serve --background and kill in {(clock() - begin) / 1000:.1f} s: "
          f"no process, no file and no descriptor left ({now} open in the supervisor, as in the first round)")


def main():
    if len(sys.argv) < 3 or sys.argv[2] not in ("speed", "soak"):
        raise SystemExit(__doc__)
    box = Sandbox(sys.argv[1])
    os.environ["PATH"] = box.env["PATH"]
    try:
        if sys.argv[2] == "speed":
            speed(box)
        else:
            soak(box, int(sys.argv[3]) if len(sys.argv) > 3 else 1000)
    finally:
        box.remove()


main()
