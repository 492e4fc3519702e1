"""Runs a policy pack of Python as Pulumi's own runner does, but that it serves on a Unix socket, so that the pack needs no
network. Started by pack-process.ts: `python3 -u run_pack.py FOLDER SOCKET`, in the pack's folder, with a pipe on
descriptor 3 for the word that it serves."""

import os
import runpy
import sys
import threading

folder, socket = sys.argv[1:3]
sys.argv = sys.argv[:1]


def end_with_host() -> None:
    """The host holds the other end of standard input: when it ends, so does the pack."""
    while os.read(0, 1024):
        pass
    os._exit(0)


threading.Thread(target=end_with_host, daemon=True).start()

try:
    import grpc
    import pulumi_policy  # noqa: F401  what the pack is made with
except ImportError as missing:
    sys.exit(f"{missing}: are the packages of the pack installed? Try: pip install pulumi-policy in its venv")


class Serving:
    """gRPC's server, but for where it listens."""

    def __init__(self, server):
        self._server = server

    def __getattr__(self, name):
        return getattr(self._server, name)

    def add_insecure_port(self, address):
        return self._server.add_insecure_port(f"unix:{socket}")

    def start(self):
        self._server.start()
        os.write(3, b"serving\n")


make_server = grpc.server
grpc.server = lambda *args, **kwargs: Serving(make_server(*args, **kwargs))

sys.path.insert(0, folder)
runpy.run_path(folder, run_name="__main__")
