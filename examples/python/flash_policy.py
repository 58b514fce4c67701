"""Runs `flash-policy serve` for a test; copy this file.

The command is $FLASH_POLICY, or flash-policy on the PATH.
"""

import base64
import contextlib
import json
import os
import queue
import subprocess
import threading
from dataclasses import dataclass

COMMAND = os.environ.get("FLASH_POLICY", "flash-policy")
TIMEOUT = 10.0  # seconds, for every wait


@dataclass(frozen=True)
class Connection:
    """A finished connection, as a server saw it."""

    endpoint: str  # policy or backend
    peer: str
    received: bytes
    sent: bytes
    ended: str
    left_out: int = 0


class FlashPolicyError(Exception):
    """An error that flash-policy reports, or a failure of flash-policy itself."""


class Serve:
    """A policy server and a backend, until the `with` block ends.

    The arguments are those of the command: `with Serve("policy.xml", "--fault", "silent")`.
    """

    def __init__(self, *args):
        # serve stops when its stdin ends, so it stops even if this process is killed.
        self._process = subprocess.Popen(
            [COMMAND, "serve", *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._answers = queue.Queue()
        self._journal = []
        self._stopped = None  # why it has stopped, once it has
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
        """Sends a command, such as tell(backend="down"). It has taken effect when this returns."""
        if self._stopped:
            raise FlashPolicyError(self._stopped)
        with contextlib.suppress(BrokenPipeError):  # the answer reports that it has stopped
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        self._answer()

    def connection(self, endpoint, timeout=TIMEOUT):
        """Waits for a finished connection to policy or backend, and takes it out of the journal."""
        def found():
            return next((one for one in self._journal if one.endpoint == endpoint), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self._stopped, timeout)
            one = found()
            if one is None and self._stopped:
                raise FlashPolicyError(self._stopped)
            if one is None:
                raise TimeoutError(f"no connection to the {endpoint} finished within {timeout} s")
            self._journal.remove(one)
            return one

    def connections(self):
        """Takes the connections that have finished so far."""
        self.tell(sync=None)
        with self._changed:
            taken, self._journal = self._journal, []
            return taken

    def stop(self):
        """Stops it, by force if it does not stop in time."""
        with contextlib.suppress(BrokenPipeError):  # the last command was never read
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(TIMEOUT)
        self._process.kill()  # does nothing if it has stopped
        self._reader.join(TIMEOUT)
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _answer(self):
        try:
            answer = self._answers.get(timeout=TIMEOUT)
        except queue.Empty:
            raise FlashPolicyError(f"no answer within {TIMEOUT:g} s") from None
        if "error" in answer:
            raise FlashPolicyError(answer["error"])
        return answer

    def _read(self):
        why = None
        try:
            for line in self._process.stdout:
                self._read_line(line)
        except (ValueError, TypeError, KeyError) as error:
            why = f"flash-policy serve wrote a line that cannot be read: {line!r} ({error})"
            self._process.kill()
        finally:
            code = self._process.wait()
            with self._changed:
                exited = f"flash-policy serve stopped with {code}; its messages are on stderr"
                self._stopped = why or exited
                self._changed.notify_all()
            self._answers.put({"error": self._stopped})

    def _read_line(self, line):
        read = json.loads(line)
        if "endpoint" not in read:
            self._answers.put(read)
            return
        for name in ("received", "sent"):
            read[name] = base64.b64decode(read[name])
        with self._changed:
            self._journal.append(Connection(**read))
            self._changed.notify_all()


def verdict(server, *, swf, connect, ports=()):
    """Runs a server with `flash-policy run`, asks it as a player does, and returns the verdict."""
    return _run(server, ports, "--swf", swf, "--connect", connect)["cases"][0]["got"]


def findings(server, *, swf, connect, ports=()):
    """Runs a server as verdict() does, and returns the errors in its answers.

    A player may be permitted in spite of them.
    """
    report = _run(server, ports, "--swf", swf, "--connect", connect)
    failing = [one for one in report.get("answer_findings", []) if one["fails"]]
    return [f"{one['id']} at {one['endpoint']}: {one['message']}" for one in failing]


def torture(server, *, ports=()):
    """Runs a server with `flash-policy run --torture`, and returns the failed checks."""
    checks = _run(server, ports, "--torture")["checks"]
    return [f"{check['id']}: {check['reason']}" for check in checks if check["verdict"] != "pass"]


def _run(server, ports, *args):
    named = [argument for port in ports for argument in ("--port", port)]
    command = [COMMAND, "run", *named, *args, "--format", "json", "--", *map(str, server)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise FlashPolicyError(f"flash-policy run exited with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def _address(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)
