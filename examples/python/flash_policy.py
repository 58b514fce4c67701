"""Runs `flash-policy serve` for a test: copy this file. The command is $FLASH_POLICY, or flash-policy on the PATH."""

import base64
import json
import os
import queue
import subprocess
import threading
from dataclasses import dataclass

COMMAND = os.environ.get("FLASH_POLICY", "flash-policy")
TIMEOUT = 10.0  # seconds, for whatever is waited for


@dataclass(frozen=True)
class Connection:
    """A connection that is over, as a server saw it."""

    endpoint: str  # policy or backend
    peer: str
    received: bytes
    sent: bytes
    ended: str
    left_out: int = 0


class FlashPolicyError(Exception):
    """What flash-policy says is wrong."""


class Serve:
    """A policy server and a backend, until the end of its `with`: `Serve("policy.xml", "--fault", "silent")`."""

    def __init__(self, *args):
        # Its stdin is the promise that it ends: should this process die, the pipe closes.
        self._process = subprocess.Popen(
            [COMMAND, "serve", *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._answers = queue.Queue()
        self._journal = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            endpoints = self._answer()["endpoints"]
        except BaseException:
            self.stop()
            raise
        self.policy, self.backend = (_address(endpoints[name]) for name in ("policy", "backend"))

    def tell(self, **command):
        """Sends a command, such as tell(backend="down"): it is so when this returns."""
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        self._answer()

    def connection(self, endpoint, timeout=TIMEOUT):
        """Waits for a connection that is over, at policy or backend, and takes it out of the journal."""
        with self._changed:
            def found():
                return next((one for one in self._journal if one.endpoint == endpoint), None)

            one = self._changed.wait_for(found, timeout)
            if one is None:
                raise TimeoutError(f"no connection to the {endpoint} was over in {timeout} s")
            self._journal.remove(one)
            return one

    def connections(self):
        """Takes the connections that are over by now."""
        self.tell(sync=None)
        with self._changed:
            taken, self._journal = self._journal, []
            return taken

    def stop(self):
        """Ends it."""
        self._process.stdin.close()
        self._process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _answer(self):
        answer = self._answers.get(timeout=TIMEOUT)
        if "error" in answer:
            raise FlashPolicyError(answer["error"])
        return answer

    def _read(self):
        for line in self._process.stdout:
            read = json.loads(line)
            if "endpoint" not in read:
                self._answers.put(read)
                continue
            for name in ("received", "sent"):
                read[name] = base64.b64decode(read[name])
            with self._changed:
                self._journal.append(Connection(**read))
                self._changed.notify_all()
        self._answers.put({"error": "flash-policy serve has ended; what it said is on stderr"})


def verdict(server, *, swf, connect, ports=()):
    """Runs a server with `flash-policy run`, and asks it as a player does: the `got` of the report's first case."""
    named = [argument for port in ports for argument in ("--port", port)]
    command = [COMMAND, "run", *named, "--swf", swf, "--connect", connect, "--format", "json", "--", *map(str, server)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise FlashPolicyError(f"flash-policy run ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)["cases"][0]["got"]


def _address(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)
