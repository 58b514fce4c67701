"""A client of a game server. It asks for a policy before it connects, as a Flash Player does."""

import socket
import time
import xml.etree.ElementTree as ElementTree

REQUEST = b"<policy-file-request/>\0"


class PolicyDenied(Exception):
    pass


class PolicyTimedOut(Exception):
    pass


class BackendDown(Exception):
    pass


def load_policy(at, timeout):
    """Returns the policy file of a server, up to its NUL."""
    deadline = time.monotonic() + timeout
    try:
        with socket.create_connection(at, timeout) as connection:
            connection.sendall(REQUEST)
            answer = b""
            while b"\0" not in answer:
                connection.settimeout(max(deadline - time.monotonic(), 0.001))
                part = connection.recv(4096)
                if not part:
                    break
                answer += part
            return answer.split(b"\0")[0]
    except TimeoutError as error:
        raise PolicyTimedOut(f"no policy from {at} within {timeout} s") from error
    except OSError as error:
        raise PolicyDenied(f"no policy from {at}: {error}") from error


def permits(policy, domain, port):
    """Returns whether a policy lets a SWF of `domain` connect to `port`.

    It knows as many rules as our own policy file needs.
    """
    try:
        rules = ElementTree.fromstring(policy).iter("allow-access-from")
    except ElementTree.ParseError:
        return False
    for rule in rules:
        pattern, ports = rule.get("domain", ""), rule.get("to-ports", "")
        is_below = pattern.startswith("*.") and domain.endswith(pattern[1:])
        is_ours = pattern in ("*", domain) or is_below
        if is_ours and (ports == "*" or str(port) in ports.split(",")):
            return True
    return False


def connect(*, policy, backend, domain, port, timeout=3.0):
    """Asks the policy server, then connects, and returns a socket.

    `port` is the port in the policy.
    """
    if not permits(load_policy(policy, timeout), domain, port):
        raise PolicyDenied(f"the policy does not let {domain} connect to {port}")
    try:
        return socket.create_connection(backend, timeout)
    except OSError as error:
        raise BackendDown(f"permitted, but nothing answers at {backend}: {error}") from error
