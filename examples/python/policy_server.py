"""A policy server: python3 policy_server.py PORT [--forget-www | --add-scheme]

The options make mistakes, for the tests to find.
"""

import pathlib
import socketserver
import sys

REQUEST = b"<policy-file-request/>\0"
POLICY = pathlib.Path(__file__).with_name("policy.xml").read_bytes()
BAD_RULE = b'  <allow-access-from domain="http://example.net" to-ports="5000"/>\n'
MISTAKES = {
    None: POLICY,
    "--forget-www": POLICY.replace(b"*.example.com", b"example.com"),
    "--add-scheme": POLICY.replace(b"</", BAD_RULE + b"</"),
}


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    # After a restart all players connect at once, and with the usual 5 most get no answer.
    request_queue_size = 512

    def __init__(self, address, policy):
        super().__init__(address, Handler)
        self.policy = policy


class Handler(socketserver.BaseRequestHandler):
    """Answers the policy request, in however many segments it comes, with the policy and a NUL."""

    def handle(self):
        self.request.settimeout(5)
        received = b""
        while received != REQUEST:
            part = self.request.recv(len(REQUEST) - len(received))
            received += part
            if not part or not REQUEST.startswith(received):
                return
        self.request.sendall(self.server.policy + b"\0")


def main(port, mistake=None):
    with Server(("127.0.0.1", int(port)), MISTAKES[mistake]) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
