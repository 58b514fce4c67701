import pathlib
import sys

from flash_policy import findings, torture, verdict

SERVER = [sys.executable, pathlib.Path(__file__).with_name("policy_server.py"), "{policy}"]


OURS = {"swf": "http://www.example.com/game.swf", "connect": "game.example.com:5000"}


def player(server=SERVER, **changes):
    got = verdict(server, ports=["policy=843"], **{**OURS, **changes})
    return got["outcome"], got["cause"]


def test_the_server_lets_our_own_site_in():
    assert player() == ("permitted", "connected")


def test_the_server_denies_every_other_site():
    assert player(swf="http://evil.example/game.swf") == ("denied", "domain-not-listed")


def test_the_server_denies_every_other_port():
    assert player(connect="game.example.com:5001") == ("denied", "port-not-listed")


def test_a_server_that_forgets_www_is_detected():
    assert player([*SERVER, "--forget-www"]) == ("denied", "domain-not-listed")


def test_no_answer_of_the_server_has_an_error():
    assert findings(SERVER, ports=["policy=843"], **OURS) == []


def test_an_error_in_an_answer_is_detected_even_if_the_player_is_permitted():
    mistaken = [*SERVER, "--add-scheme"]
    assert player(mistaken) == ("permitted", "connected")
    (finding,) = findings(mistaken, ports=["policy=843"], **OURS)
    assert finding.startswith("FSP-D05 at game.example.com:843: domain=\"http://example.net\"")


def test_the_server_passes_every_conformance_check():
    assert torture(SERVER, ports=["policy=843"]) == []
