"""The servers that the clients talk to: the stub, and the embedded gateway in front of it."""

import contextlib
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

# Seconds that a server may take until it answers.
PATIENCE = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, process, log):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"clients: it ended with {process.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise SystemExit(f"clients: {url} did not answer within {PATIENCE} s:\n{log.read_text()}")


@contextlib.contextmanager
def started(binary, folder, name, arguments, environment, url):
    """A process that answers at `url`, ended when this is left."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [binary, *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
        )
    try:
        wait_for(url, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def servers(binary, version):
    """The addresses of a stub of this version, and of a gateway in front of it."""
    with tempfile.TemporaryDirectory(prefix="ollamactl-clients-") as name:
        folder = pathlib.Path(name)
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": name,
            "XDG_RUNTIME_DIR": str(runtime),
            "OLLAMACTL_STUB_VERSION": version,
        }
        stub, gateway = (f"127.0.0.1:{free_port()}" for _ in range(2))
        models = [word for name in ("llama3.1:8b", "nomic-embed-text") for word in ("--preset", name)]
        serve = ["stub", "--host", stub, "--models", str(folder / "models"), *models]
        run = ["gateway", "run", "--backend", "stub", "--host", stub, "--listen", gateway]
        with started(binary, folder, "stub", serve, environment, f"http://{stub}/"):
            with started(binary, folder, "gateway", run, environment, f"http://{gateway}/healthz"):
                yield {"stub": f"http://{stub}", "gateway": f"http://{gateway}"}
