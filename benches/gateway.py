#!/usr/bin/env python3
"""Measures the gateway's commands beside real docker compose: the same project, the same engine, in turns.

  benches/gateway.py BINARY --standalone PROGRAM [--plugin FOLDER] [--runs N]

BINARY       ollamactl (static: it also runs in the container)
PROGRAM      docker-compose, called by itself
FOLDER       docker's cli-plugins folder with that docker-compose: what `docker compose` runs (needs docker)

A row is the median of N runs with the least and the most, and the peak memory of the program. Each tool has
a project of its own in the same folder, so that none sees what another made; their order changes each round.
"""

import argparse
import contextlib
import os
import shutil
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
    return found


def measure(tool, verb, times):
    took, memory = tool.run(verb)
    times.setdefault((verb, tool.name), []).append((took, memory))


def round_of(all_tools, times):
    """First up of a built image, unchanged up, logs, stop, down; each tool in its turn."""
    for tool in all_tools:
        tool.run("up")  # builds
        tool.run("down")
        took, memory = tool.run("up")
        times.setdefault(("first up", tool.name), []).append((took, memory))
    for verb in ["up", "logs", "stop", "down"]:
        for tool in all_tools:
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
    docker("rmi", "-f", f"{tool.project}-{SERVICE}")


NAMES = {
    "up": "up, nothing to change",
    "first up": "first up of a built image",
    "logs": "logs -n 100",
    "stop": "stop (the container ends at once)",
    "down": "down of a stopped container",
}


def show(times, all_tools):
    for verb, title in NAMES.items():
        print(title)
        base = statistics.median(took for took, _ in times[(verb, all_tools[0].name)])
        for tool in all_tools:
            took = [value for value, _ in times[(verb, tool.name)]]
            memory = max(value for _, value in times[(verb, tool.name)]) / 1024
            median = statistics.median(took)
            print(f"  {tool.name:<15} {median:8.1f} ms   ({min(took):.1f} to {max(took):.1f}, {len(took)} runs)"
                  f"   {memory:5.1f} MiB   {median / base:5.1f} x")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--standalone", default=os.environ.get("COMPOSE_STANDALONE"))
    parser.add_argument("--plugin", default=os.environ.get("COMPOSE_PLUGIN_FOLDER"))
    parser.add_argument("--runs", type=int, default=10)
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
        for tool in all_tools:
            tool.run("up")
        for _ in range(arguments.runs * arguments.unchanged):
            for tool in all_tools:
                measure(tool, "up", times)
        show(times, all_tools)
    finally:
        for tool in all_tools:
            with contextlib.suppress(OSError):
                clean(tool)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
