import socket

import pytest

from deploy.local.errors import PortTakenError
from deploy.local.ports import Ports, free_ports, require_free


def test_taken_port_is_named_with_who_wanted_it_and_how_to_mend_it():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"port {port}, wanted for goals, .*--port-base"):
            require_free({"goals": port})
    require_free({"goals": port})


def test_port_out_of_range_is_refused_in_words():
    with pytest.raises(PortTakenError, match="port 70000"):
        require_free({"goals": 70000})


def test_ports_of_suites_fifty_apart_never_meet():
    first, second = (set(vars(Ports.from_base(base)).values()) for base in (8400, 8450))
    assert len(first) == len(second) == 12
    assert not first & second


def test_free_ports_are_all_different():
    assert len(set(free_ports(20))) == 20
