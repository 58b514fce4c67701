import pathlib
import sys

from flash_policy import torture, verdict

SERVER = [sys.executable, pathlib.Path(__file__).with_name("policy_server.py"), "{policy}"]


def player(server=SERVER, swf="http://www.example.com/game.swf", connect="game.example.com:5000"):
    got = verdict(server, ports=["policy=843"], swf=swf, connect=connect)
    return got["outcome"], got["cause"]


def test_the_server_lets_our_own_site_in():
    assert player() == ("permitted", "connected")


def test_and_nobody_else():
    assert player(swf="http://evil.example/game.swf") == ("denied", "domain-not-listed")


def test_nor_to_another_port():
    assert player(connect="game.example.com:5001") == ("denied", "port-not-listed")


def test_a_server_that_forgets_www_is_found_out():
    assert player([*SERVER, "--forget-www"]) == ("denied", "domain-not-listed")


def test_whatever_a_player_or_a_stranger_sends_it_is_up_to_it():
    assert torture(SERVER, ports=["policy=843"]) == []
