#!/usr/bin/env python3
"""Measures the proxy against nginx, both in front of the same stub, on loopback, in one run.

  benches/gateway_proxy.py BINARY [--soak SECONDS] [--seconds SECONDS] [--rounds N] [--write docs/performance.md]

BINARY is a release build of ollamactl. nginx and wrk come from Debian's packages and are installed if
they are missing (as root). With --write, the figures go into that document between its markers.
Ends with 1 when a target is missed.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PORTS = ("stub", "upstream", "copy", "nginx", "gateway", "nginx-raw", "gateway-raw")

MARKS = ("<!-- gateway_proxy.py begins -->", "<!-- gateway_proxy.py ends -->")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until_listening(port):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nobody listens on port {port}")


# An upstream for what the stub cannot do: streams of any length that carry the time at which each piece
# was sent, and as many bytes as are asked for. Run as `gateway_proxy.py upstream PORT`.

def answer(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    block = bytes(1 << 20)
    with connection:
        reader = connection.makefile("rb")
        while line := reader.readline():
            while reader.readline().strip():
                pass
            query = dict(re.findall(rb"(\w+)=(\d+)", line))
            if b"/v1/bytes" in line:
                left = int(query[b"n"])
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left)
                while left > 0:
                    left -= connection.send(block[:left])
                continue
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
                               b"Transfer-Encoding: chunked\r\n\r\n")
            pause = int(query[b"us"]) / 1e6
            for _ in range(int(query[b"n"])):
                time.sleep(pause)
                text = b'{"model":"tiny","sent":%020d,"response":" token","done":false}\n' % time.monotonic_ns()
                connection.sendall(b"%x\r\n%s\r\n" % (len(text), text))
            connection.sendall(b"0\r\n\r\n")


# What any proxy that copies can reach here at most: the request as it comes, then the answer by recv and
# send of as many bytes at a time as the gateway takes. Run as `gateway_proxy.py copy PORT UPSTREAM`.

def copy(connection, to):
    buffer = memoryview(bytearray(256 * 1024))
    with connection, socket.create_connection(("127.0.0.1", to)) as onward:
        onward.sendall(connection.recv(4096))
        while count := onward.recv_into(buffer):
            connection.sendall(buffer[:count])


def serve(port, handle, *args):
    threading.stack_size(256 * 1024)
    server = socket.create_server(("127.0.0.1", port), backlog=1024)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=quietly, args=(handle, connection, *args), daemon=True).start()


def quietly(handle, *args):
    try:
        handle(*args)
    except OSError:
        pass


class Bench:
    """Stub, upstream, nginx and gateway, each on a port of its own."""

    def __init__(self, binary):
        self.binary = str(Path(binary).resolve())
        self.folder = Path(tempfile.mkdtemp(prefix="ollamactl-bench-"))
        self.processes = []
        self.port = {name: free_port() for name in PORTS}

    def start(self, name, args, **env):
        log = open(self.folder / f"{name}.log", "wb")
        base = {"HOME": str(self.folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        process = subprocess.Popen(args, env=base | env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   cwd=self.folder)
        self.processes.append(process)
        return process.pid

    def gateway(self, name, upstream_port, command="up"):
        """Its two processes in the background, as users run it; the pid of the one that serves."""
        env = {"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "OLLAMA_HOST": f"127.0.0.1:{upstream_port}",
               "OLLAMA_MODEL": "tiny", "OLLAMACTL_GATEWAY": "embedded", "OLLAMACTL_GATEWAY_MAX_REQUESTS": "512",
               "OLLAMACTL_GATEWAY_LISTEN": f"127.0.0.1:{self.port[name]}"}
        subprocess.run([self.binary, "gateway", command], env=env, cwd=self.folder, check=True, capture_output=True)
        if command == "up":
            record = next((self.folder / ".local/state/ollamactl").glob(f"gateway-*{self.port[name]}.json"))
            return json.loads(record.read_text())["worker"]["pid"]

    def begin(self):
        self.start("stub", [self.binary, "stub", "--preset", "tiny"],
                   OLLAMA_HOST=f"127.0.0.1:{self.port['stub']}", OLLAMACTL_STUB_TOKEN_MS="0", OLLAMACTL_STUB_REPEAT="1000000")
        self.start("upstream", [sys.executable, __file__, "upstream", str(self.port["upstream"])])
        self.start("copy", [sys.executable, __file__, "copy", str(self.port["copy"]), str(self.port["upstream"])])
        conf = self.folder / "nginx.conf"
        server = """
  upstream {name} {{ server 127.0.0.1:{to}; keepalive 128; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://{name}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost;
      proxy_buffering off; proxy_request_buffering off; client_max_body_size 0; keepalive_requests 1000000;
    }}
  }}"""
        servers = server.format(name="stub", to=self.port["stub"], port=self.port["nginx"]) + \
            server.format(name="raw", to=self.port["upstream"], port=self.port["nginx-raw"])
        conf.write_text(f"""
daemon off; master_process on; worker_processes auto; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.err;
events {{ worker_connections 4096; }}
http {{
  access_log {self.folder}/nginx.access; client_body_temp_path {self.folder}/t1; proxy_temp_path {self.folder}/t2;
  fastcgi_temp_path {self.folder}/t3; uwsgi_temp_path {self.folder}/t4; scgi_temp_path {self.folder}/t5;
{servers}
}}""")
        self.start("nginx", ["nginx", "-c", str(conf), "-p", str(self.folder)])
        self.pid = self.gateway("gateway", self.port["stub"])
        self.raw_pid = self.gateway("gateway-raw", self.port["upstream"])
        for port in self.port.values():
            until_listening(port)

    def end(self):
        for name in ("gateway", "gateway-raw"):
            self.gateway(name, self.port["upstream"], "down")
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def wrk(port, seconds, connections=64, path="/api/version", strict=True):
    out = subprocess.run(["wrk", "-t1", "--timeout", "30s", f"-c{connections}", f"-d{seconds}s", "--latency", f"http://127.0.0.1:{port}{path}"],
                         capture_output=True, text=True, check=True).stdout
    bad = re.search(r"Non-2xx.*: (\d+)|Socket errors: (.*)", out)
    if bad and strict:
        raise SystemExit(f"wrk saw errors on port {port}: {bad.group(0)}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    p99 = float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), p99


def throughput(bench, seconds, rounds):
    """Requests a second and p99 at 64 connections, turn by turn, so that all see the same machine."""
    seen = {name: [] for name in ("stub", "nginx", "gateway")}
    for name in seen:
        wrk(bench.port[name], 1)
    for _ in range(rounds):
        for name in seen:
            seen[name].append(wrk(bench.port[name], seconds))
    return {name: tuple(statistics.median(values) for values in zip(*pairs)) for name, pairs in seen.items()}


def open_stream(port, count, pause_us):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"GET /v1/ticks?n=%d&us=%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % (count, pause_us))
    return connection


def token_delays(port, count):
    """Microseconds from the sending of each piece at the upstream until the client has it."""
    delays = []
    with open_stream(port, count, 2000) as connection:
        while len(delays) < count:
            data = connection.recv(4096)
            now = time.monotonic_ns()
            if not data:
                raise SystemExit("the stream broke off")
            delays += [(now - int(sent)) / 1000 for sent in re.findall(rb'"sent":(\d+)', data)]
    return delays


def latency(bench, rounds, count=1000):
    seen = {name: [] for name in ("upstream", "nginx-raw", "gateway-raw")}
    for _ in range(rounds):
        for name in seen:
            seen[name] += token_delays(bench.port[name], count)
    return {name: statistics.median(delays) for name, delays in seen.items()}


def bulk(port, size):
    """Bytes a second of one large answer."""
    buffer = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /v1/bytes?n=%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % size)
        begin, got = time.perf_counter(), 0
        while got < size:
            count = connection.recv_into(buffer)
            if not count:
                raise SystemExit("the answer broke off")
            got += count
        return got / (time.perf_counter() - begin)


def bulks(bench, rounds, size=1 << 30):
    seen = {name: [] for name in ("upstream", "nginx-raw", "gateway-raw", "copy")}
    for _ in range(rounds):
        for name in seen:
            seen[name].append(bulk(bench.port[name], size))
    return {name: statistics.median(rates) for name, rates in seen.items()}


def generation(port, tokens):
    """Tokens a second of one answer that the stub makes up and streams as fast as it can."""
    body = b'{"model":"tiny","prompt":"x","options":{"num_predict":%d}}' % tokens
    lines = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        begin = time.perf_counter()
        connection.sendall(b"POST /api/generate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                           b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        while data := connection.recv(1 << 16):
            lines += data.count(b'"done":false')
        if lines < tokens:
            raise SystemExit(f"{lines} tokens of {tokens} came")
        return lines / (time.perf_counter() - begin)


def generations(bench, rounds, tokens=1000):
    seen = {name: [] for name in ("stub", "nginx", "gateway")}
    for _ in range(rounds):
        for name in seen:
            seen[name].append(generation(bench.port[name], tokens))
    return {name: statistics.median(rates) for name, rates in seen.items()}


def upload(port, name, block, count):
    """Bytes a second of an upload that the stub hashes and writes, as of a model's blob."""
    size = len(block) * count
    with socket.create_connection(("127.0.0.1", port)) as connection:
        begin = time.perf_counter()
        connection.sendall(b"POST /api/blobs/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (name, size))
        for _ in range(count):
            connection.sendall(block)
        head = connection.recv(4096)
        if b" 201 " not in head:
            raise SystemExit(f"the upload was answered {head[:200]}")
        return size / (time.perf_counter() - begin)


def uploads(bench, rounds, count=256):
    seen = {name: [] for name in ("stub", "nginx", "gateway")}
    for _ in range(rounds):
        for name in seen:
            # Each a blob that the stub does not have yet.
            block = os.urandom(1 << 20)
            digest = hashlib.sha256()
            for _ in range(count):
                digest.update(block)
            seen[name].append(upload(bench.port[name], b"sha256:" + digest.hexdigest().encode(), block, count))
    return {name: statistics.median(rates) for name, rates in seen.items()}


def status(pid, key):
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def settled(pid, most):
    """Descriptors of a process once there are no more than that, or after two and a half minutes: connections to the
    backend are kept for a minute, and once a minute it is looked which are older."""
    deadline = time.monotonic() + 150
    while descriptors(pid) > most and time.monotonic() < deadline:
        time.sleep(0.2)
    return descriptors(pid)


def resident(bench, streams=256):
    """KiB resident: idle, with so many streams open that each have carried some tokens, and what of that is the
    process's own memory rather than the program's file."""
    idle = status(bench.raw_pid, "VmRSS")
    before = descriptors(bench.raw_pid)
    connections = [open_stream(bench.port["gateway-raw"], 1_000_000, 100_000) for _ in range(streams)]
    for connection in connections:
        got = b""
        while got.count(b'"sent"') < 20:
            got += connection.recv(4096)
    busy, own = (status(bench.raw_pid, key) for key in ("VmRSS", "RssAnon"))
    for connection in connections:
        connection.close()
    settled(bench.raw_pid, before + 8)
    return idle, busy, own


def soak(bench, seconds):
    """Streams that come and go and requests without pause; the process's own memory in the first and last fifth,
    and its descriptors afterwards. A machine that has other things to do only makes it slower."""
    end = time.monotonic() + seconds
    samples, ended, troubles = [], [], []

    def streams():
        while time.monotonic() < end:
            group = [open_stream(bench.port["gateway-raw"], 50, 2000) for _ in range(16)]
            for index, connection in enumerate(group):
                # Every other one leaves in the middle.
                while (data := connection.recv(4096)) and index % 2 == 0 and b"0\r\n\r\n" not in data:
                    pass
                connection.close()
                ended.append(index)

    def insistently():
        while time.monotonic() < end:
            try:
                streams()
            except OSError as error:
                troubles.append(error)
                time.sleep(0.1)

    before = descriptors(bench.raw_pid)
    threads = [threading.Thread(target=insistently) for _ in range(2)]
    for thread in threads:
        thread.start()
    while (left := end - time.monotonic()) > 1:
        wrk(bench.port["gateway-raw"], max(1, min(10, int(left))), 16, "/v1/ticks?n=2&us=100", strict=False)
        samples.append(status(bench.raw_pid, "RssAnon"))
    for thread in threads:
        thread.join()
    if troubles:
        print(f"{len(troubles)} of {len(ended)} streams failed: {troubles[0]}", file=sys.stderr)
    fifth = max(1, len(samples) // 5)
    # The first sample is still warming up.
    first, last = statistics.median(samples[1:1 + fifth] or samples), statistics.median(samples[-fifth:])
    left = settled(bench.raw_pid, before + 8) - before
    return first, last, left, len(ended)


def soaked(bench, seconds):
    first, last, left, streams = soak(bench, seconds)
    return (f"soak of {seconds} s, {streams:,} streams: own memory at its begin and end",
            f"{first / 1024:.1f} and {last / 1024:.1f} MiB; {left:+d} descriptors", "no growth",
            last - first < 512 and left <= 8)


def replace_row(path, begin, row):
    """Puts the row in the place of the one that begins so, or at the table's end."""
    end = "<!-- gateway_proxy.py ends -->"
    lines = [line for line in path.read_text().split("\n") if not line.startswith(begin)]
    lines.insert(lines.index(end), row)
    path.write_text("\n".join(lines))


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} cores, {cpu.group(1) if cpu else platform.machine()}, Linux {platform.release().split('-')[0]}"


def version(*args):
    done = subprocess.run(args, capture_output=True, text=True)
    return re.search(r"\d+\.\d+[\w.-]*", done.stdout + done.stderr).group(0)


def table(rows):
    lines = ["| measured | figure | target | |", "|---|---|---|---|"]
    return lines + [f"| {name} | {figure} | {target} | {'met' if met else '**missed**'} |"
                    for name, figure, target, met in rows]


def run(args):
    if missing := [tool for tool in ("nginx", "wrk") if not shutil.which(tool, path="/usr/sbin:/usr/bin:/bin")]:
        packages = {"nginx": "nginx-light", "wrk": "wrk"}
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends",
                        *(packages[tool] for tool in missing)], check=True, stdout=subprocess.DEVNULL)
    bench = Bench(args.binary)
    try:
        bench.begin()
        rows = []

        def note(*row):
            rows.append(row)
            print(*row[:3], "met" if row[3] else "MISSED", sep=" | ", flush=True)

        if args.only_soak:
            note(*soaked(bench, args.soak))
            if args.write:
                replace_row(Path(args.write), "| soak of ", table(rows)[-1])
            return 0 if rows[0][3] else 1
        # First, since the memory that a load took is not all given back.
        idle, busy, own = resident(bench)
        note("resident with 256 open streams",
             f"{busy / 1024:.1f} MiB, of which {own / 1024:.1f} its own memory (idle {idle / 1024:.1f} MiB)",
             "< 12 MiB", busy < 12 * 1024)
        rates = throughput(bench, args.seconds, args.rounds)
        rate, p99 = (rates["gateway"][i] / rates["nginx"][i] for i in (0, 1))
        note("requests a second, 64 connections",
             f"{rates['gateway'][0]:,.0f} (nginx {rates['nginx'][0]:,.0f}, the stub alone {rates['stub'][0]:,.0f})",
             f"≥ 0.8 × nginx: {rate:.2f}", rate >= 0.8)
        note("99th percentile, 64 connections",
             f"{rates['gateway'][1]:.2f} ms (nginx {rates['nginx'][1]:.2f} ms)", f"≤ 1.5 × nginx: {p99:.2f}", p99 <= 1.5)
        delays = latency(bench, args.rounds)
        added = delays["gateway-raw"] - delays["upstream"]
        note("added to each streamed token, median",
             f"{added:.0f} µs (nginx {delays['nginx-raw'] - delays['upstream']:.0f} µs, "
             f"without a proxy {delays['upstream']:.0f} µs)", "< 100 µs", added < 100)
        rates = generations(bench, args.rounds)
        share = rates["gateway"] / rates["stub"]
        note("an answer of 1,000 tokens that the stub streams",
             f"{rates['gateway']:,.0f} tokens/s (nginx {rates['nginx']:,.0f}, without a proxy {rates['stub']:,.0f})",
             f"≥ 70 % of direct: {share:.0%}", share >= 0.7)
        rates = uploads(bench, args.rounds)
        share = rates["gateway"] / rates["stub"]
        note("upload of a 256 MiB blob to the stub",
             f"{rates['gateway'] / 1e6:,.0f} MB/s (nginx {rates['nginx'] / 1e6:,.0f}, "
             f"without a proxy {rates['stub'] / 1e6:,.0f})", f"≥ 70 % of direct: {share:.0%}", share >= 0.7)
        rates = bulks(bench, args.rounds)
        share = rates["gateway-raw"] / rates["upstream"]
        note("one answer of 1 GiB that costs its sender nothing",
             f"{rates['gateway-raw'] / 1e6:,.0f} MB/s (nginx {rates['nginx-raw'] / 1e6:,.0f}, a bare loop of recv and "
             f"send {rates['copy'] / 1e6:,.0f}, without a proxy {rates['upstream'] / 1e6:,.0f})",
             f"≥ 70 % of direct: {share:.0%}", share >= 0.7)
        if args.soak:
            note(*soaked(bench, args.soak))
    finally:
        bench.end()
    text = [f"Measured {time.strftime('%Y-%m-%d')} on {machine()}; ollamactl "
            f"{version(args.binary, '--version')}, nginx {version('nginx', '-v')} "
            f"(`worker_processes auto`), {args.rounds} rounds of {args.seconds} s, turn by turn.", "",
            *table(rows)]
    print("\n".join(text))
    if args.write:
        path = Path(args.write)
        before, rest = path.read_text().split(MARKS[0])
        _, after = rest.split(MARKS[1])
        path.write_text(before + "\n".join([MARKS[0], *text, MARKS[1]]) + after)
    return 0 if all(row[3] for row in rows) else 1


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "upstream":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        return serve(int(sys.argv[2]), answer)
    if len(sys.argv) == 4 and sys.argv[1] == "copy":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        return serve(int(sys.argv[2]), copy, int(sys.argv[3]))
    # What it started is ended, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--soak", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--only-soak", action="store_true", help="leave the rest out: growth shows on a busy machine too")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", metavar="FILE")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
