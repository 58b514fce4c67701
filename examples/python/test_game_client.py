import pathlib

import pytest

from flash_policy import FlashPolicyError, Serve
from game_client import BackendDown, PolicyDenied, PolicyTimedOut, connect

POLICY = pathlib.Path(__file__).with_name("policy.xml")


@pytest.fixture
def serve():
    with Serve(POLICY) as serve:
        yield serve


@pytest.fixture
def attempt(serve):
    def attempt(domain="www.example.com", **more):
        return connect(policy=serve.policy, backend=serve.backend, domain=domain, port=5000, **more)

    return attempt


def test_our_own_site_connects_and_talks_to_the_game(serve, attempt):
    with attempt() as game:
        game.sendall(b"hello\0")
        assert game.recv(100) == b"hello\0"

    request = serve.connection("policy").received
    assert request == b"<policy-file-request/>\0", "exactly these 23 bytes"
    assert serve.connection("backend").received == b"hello\0"


def test_another_site_is_denied_and_never_reaches_the_game(serve, attempt):
    with pytest.raises(PolicyDenied):
        attempt(domain="evil.example")
    serve.connection("policy")
    assert serve.connections() == []


def test_a_game_that_is_down_is_not_a_policy_that_denies(serve, attempt):
    serve.tell(backend="down")
    with pytest.raises(BackendDown):
        attempt()

    serve.tell(backend="up")
    attempt().close()


def test_a_policy_server_that_never_answers_makes_the_client_give_up_in_time(serve, attempt):
    serve.tell(faults=["silent", "ok"])
    with pytest.raises(PolicyTimedOut):
        attempt(timeout=0.1)
    assert serve.connection("policy").sent == b""

    attempt().close()  # the second request is answered


def test_without_a_policy_server_there_is_no_permission(serve, attempt):
    serve.tell(policy="down")
    with pytest.raises(PolicyDenied):
        attempt()


def test_an_answer_in_two_segments_is_read_to_its_nul(serve, attempt):
    serve.tell(faults=["split=30"])
    attempt().close()


def test_a_misspelt_command_is_an_error_that_suggests_the_right_word(serve):
    with pytest.raises(FlashPolicyError, match="did you mean `down`?"):
        serve.tell(backend="dwon")
