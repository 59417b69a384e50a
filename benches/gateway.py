#!/usr/bin/env python3
"""Measures the gateway's commands beside real docker compose: the same project, the same engine, in turns.

  benches/gateway.py BINARY --standalone PROGRAM [--plugin FOLDER] [--runs N] [--write docs/performance.md]

BINARY       ollamactl (static: it also runs in the container)
PROGRAM      docker-compose, called by itself
FOLDER       docker's cli-plugins folder with that docker-compose: what `docker compose` runs (needs docker)

A row is the median of N runs with the least and the most, and the peak memory of the program. Each tool has
a project of its own in the same folder, so that none sees what another made; their order changes each round.
"The engine alone" takes its turn too: the bare requests that do the work, without which no tool can. What a
tool takes beyond that is its own. With --write, the figures go into that document between its markers.
"""

import argparse
import contextlib
import datetime
import http.client
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMPOSE = """
services:
  ollama-functions:
    build: .
    command: [stub, --host, "0.0.0.0:8000", --models, /models]
    environment: {HOME: /tmp, OLLAMA_MODEL: "${OLLAMA_MODEL:-llama3:8b}"}
    ports: ["127.0.0.1::8000"]
    extra_hosts: ["host.docker.internal:host-gateway"]
"""
DOCKERFILE = "FROM scratch\nCOPY ollamactl /ollamactl\nENTRYPOINT [\"/ollamactl\"]\n"
SERVICE = "ollama-functions"
MARKS = ("<!-- gateway.py begins -->", "<!-- gateway.py ends -->")
ALONE = "the engine alone"
# Starts the command from a small process: what a parent holds counts as its child's peak memory.
LAUNCHER = """
import posix, sys, time
began = time.perf_counter()
pid = posix.fork()
if pid == 0:
    posix.execv(sys.argv[2], sys.argv[2:])
_, status, usage = posix.wait4(pid, 0)
took = (time.perf_counter() - began) * 1000
posix.write(int(sys.argv[1]), f"{took} {usage.ru_maxrss}".encode())
sys.exit(posix.waitstatus_to_exitcode(status) != 0)
"""


class Tool:
    """One way to run a project."""

    def __init__(self, name, words, verbs, project, folder, env):
        self.name, self.words, self.verbs = name, words, verbs
        self.project, self.folder, self.env = project, folder, env

    def run(self, verb):
        """Milliseconds and KiB of one command, which must succeed."""
        command = [*self.words, *self.verbs[verb]]
        command[0] = shutil.which(command[0])
        output = tempfile.TemporaryFile()
        read, write = os.pipe()
        helper = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(write), *command]
        code = subprocess.run(helper, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                              stdout=output, stderr=output, pass_fds=[write]).returncode
        os.close(write)
        with open(read) as answer:
            measured = answer.read().split()
        if code != 0:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {code}:\n{output.read().decode()}")
        return float(measured[0]), int(measured[1])


class Connection(http.client.HTTPConnection):
    """To the engine's unix socket."""

    def __init__(self, path):
        super().__init__("docker")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Bare:
    """The requests that do the work of a command, and no others."""

    name = ALONE

    def __init__(self, project, image):
        self.project, self.image = project, image
        self.path = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
        self.network = self.container = None

    def call(self, method, path, body=None):
        connection = Connection(self.path)
        headers = {"Content-Type": "application/json"}
        connection.request(method, path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path} answered {answer.status}: {text.decode()}")
        return json.loads(text) if text.strip() else None

    def run(self, verb):
        began = time.perf_counter()
        getattr(self, verb)()
        return (time.perf_counter() - began) * 1000, 0

    def up(self):
        if self.container:
            return
        labels = {"com.docker.compose.project": self.project}
        name = f"{self.project}_default"
        self.network = self.call("POST", "/networks/create", {"Name": name, "Labels": labels})["Id"]
        self.container = self.call("POST", f"/containers/create?name={self.project}-1", {
            "Image": self.image, "Labels": labels, "ExposedPorts": {"8000/tcp": {}},
            "Cmd": ["stub", "--host", "0.0.0.0:8000", "--models", "/models"], "Env": ["HOME=/tmp"],
            "HostConfig": {
                "NetworkMode": name, "ExtraHosts": ["host.docker.internal:host-gateway"],
                "PortBindings": {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]},
            },
        })["Id"]
        self.call("POST", f"/containers/{self.container}/start")

    def stop(self):
        self.call("POST", f"/containers/{self.container}/stop")

    def down(self):
        self.call("DELETE", f"/containers/{self.container}?force=1")
        self.call("DELETE", f"/networks/{self.network}")
        self.container = None


def tools(arguments, folder):
    env = {**os.environ, "OLLAMA_MODEL": "tiny", "HOME": str(folder), "OLLAMACTL_STUB_MODELS": ""}
    env.pop("COMPOSE_FILE", None)
    compose = {
        "up": ["up", "--detach", SERVICE],
        "stop": ["stop", SERVICE],
        "down": ["down", SERVICE],
        "logs": ["logs", "-n", "100", SERVICE],
    }
    ours = {
        "up": ["gateway", "up"],
        "stop": ["gateway", "stop"],
        "down": ["gateway", "down"],
        "logs": ["logs", "gateway", "-n", "100"],
    }
    wanted = [("ollamactl", [arguments.binary], ours)]
    if arguments.standalone:
        wanted.append(("docker-compose", [arguments.standalone], compose))
    if arguments.plugin:
        plugins = folder / ".docker/cli-plugins"
        plugins.mkdir(parents=True)
        (plugins / "docker-compose").symlink_to(Path(arguments.plugin).resolve() / "docker-compose")
        wanted.append(("docker compose", ["docker", "compose"], compose))
    found = []
    for number, (name, words, verbs) in enumerate(wanted):
        project = f"octl-bench-{os.getpid()}-{number}"
        found.append(Tool(name, words, verbs, project, folder, {**env, "COMPOSE_PROJECT_NAME": project}))
    found.append(Bare(f"octl-bench-{os.getpid()}-bare", f"{found[0].project}-{SERVICE}"))
    return found


def measure(tool, verb, times):
    took, memory = tool.run(verb)
    times.setdefault((verb, tool.name), []).append((took, memory))


# What the engine alone is measured at, besides the first up.
BARE = ["stop", "down"]


def round_of(all_tools, times):
    """First up of a built image, unchanged up, logs, stop, down; each tool in its turn."""
    for tool in all_tools:
        tool.run("up")  # builds
        tool.run("down")
        took, memory = tool.run("up")
        times.setdefault(("first up", tool.name), []).append((took, memory))
    for verb in ["up", "logs", "stop", "down"]:
        for tool in all_tools:
            if tool.name != ALONE or verb in BARE:
                measure(tool, verb, times)


def clean(tool):
    label = f"label=com.docker.compose.project={tool.project}"
    docker = lambda *words: subprocess.run(["docker", *words], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    containers = docker("ps", "-aq", "--filter", label)
    if containers:
        docker("rm", "-fv", *containers)
    networks = docker("network", "ls", "-q", "--filter", label)
    if networks:
        docker("network", "rm", *networks)
    if tool.name != ALONE:
        docker("rmi", "-f", f"{tool.project}-{SERVICE}")


NAMES = {
    "up": "up, nothing to change",
    "first up": "first up of a built image",
    "logs": "logs -n 100",
    "stop": "stop (the container ends at once)",
    "down": "down of a stopped container",
}


def rows(times, all_tools):
    """For each command and tool: title, name, milliseconds (all), MiB, and beyond the engine's own."""
    for verb, title in NAMES.items():
        medians = {name: statistics.median(took for took, _ in values)
                   for (of, name), values in times.items() if of == verb}
        for tool in sorted(all_tools, key=lambda tool: tool.name == ALONE):
            if tool.name not in medians:
                continue
            values = times[(verb, tool.name)]
            took = [value for value, _ in values]
            memory = max(value for _, value in values) / 1024
            beyond = medians[tool.name] - medians[ALONE] if ALONE in medians else None
            yield title, tool.name, took, memory, None if tool.name == ALONE else beyond


def show(times, all_tools):
    last = None
    for title, name, took, memory, beyond in rows(times, all_tools):
        if title != last:
            print(title)
        last = title
        own = "" if beyond is None else f"   {beyond:6.1f} ms beyond the engine's own"
        size = f"{memory:5.1f} MiB" if memory else " " * 9
        print(f"  {name:<16} {statistics.median(took):8.1f} ms   ({min(took):.1f} to {max(took):.1f}, {len(took)} runs)"
              f"   {size}{own}")


def table(times, all_tools, runs):
    engine = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"],
                            stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    yield (f"Measured {datetime.date.today()} on {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, Docker {engine}; "
           f"{runs} rounds, turn by turn; medians.")
    yield ""
    yield "| command | tool | time | beyond the engine's own | peak memory |"
    yield "|---|---|---:|---:|---:|"
    for title, name, took, memory, beyond in rows(times, all_tools):
        own = "" if beyond is None else f"{beyond:.0f} ms"
        size = f"{memory:.0f} MiB" if memory else ""
        yield f"| {title} | {name} | {statistics.median(took):.0f} ms | {own} | {size} |"


def write(path, lines):
    before, rest = Path(path).read_text().split(MARKS[0])
    _, after = rest.split(MARKS[1])
    Path(path).write_text(before + "\n".join([MARKS[0], *lines, MARKS[1]]) + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--standalone", default=os.environ.get("COMPOSE_STANDALONE"))
    parser.add_argument("--plugin", default=os.environ.get("COMPOSE_PLUGIN_FOLDER"))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("--unchanged", type=int, default=4, help="unchanged ups per round")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ollamactl-bench-"))
    (folder / "compose.yaml").write_text(COMPOSE)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    shutil.copy(arguments.binary, folder / "ollamactl")
    all_tools = tools(arguments, folder)
    times = {}
    try:
        for number in range(arguments.runs):
            order = all_tools[number % len(all_tools):] + all_tools[:number % len(all_tools)]
            round_of(order, times)
            if sys.stderr.isatty():
                print(f"round {number + 1} of {arguments.runs}", file=sys.stderr)
        programs = [tool for tool in all_tools if tool.name != ALONE]
        for tool in programs:
            tool.run("up")
        for _ in range(arguments.runs * arguments.unchanged):
            for tool in programs:
                measure(tool, "up", times)
        show(times, all_tools)
        if arguments.write:
            write(arguments.write, table(times, all_tools, arguments.runs))
    finally:
        for tool in all_tools:
            with contextlib.suppress(OSError):
                clean(tool)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
