import pathlib
import sys

from flash_policy import torture, verdict

SERVER = [sys.executable, pathlib.Path(__file__).with_name("policy_server.py"), "{policy}"]


def player(server=SERVER, swf="http://www.example.com/game.swf", connect="game.example.com:5000"):
    got = verdict(server, ports=["policy=843"], swf=swf, connect=connect)
    return got["outcome"], got["cause"]


def test_the_server_lets_our_own_site_in():
    assert player() == ("permitted", "connected")


def test_the_server_denies_every_other_site():
    assert player(swf="http://evil.example/game.swf") == ("denied", "domain-not-listed")


def test_the_server_denies_every_other_port():
    assert player(connect="game.example.com:5001") == ("denied", "port-not-listed")


def test_a_server_that_forgets_www_is_detected():
    assert player([*SERVER, "--forget-www"]) == ("denied", "domain-not-listed")


def test_the_server_passes_every_conformance_check():
    assert torture(SERVER, ports=["policy=843"]) == []
