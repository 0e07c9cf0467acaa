"""Logging in to the iSCSI target.  Source of what is expected: RFC 7143 6.3, 11.12, 11.13, 13."""

from __future__ import annotations

import hashlib

import pytest

from redbook.share.iscsi import DEFAULT_NAME, text
from redbook.share.iscsi.answers import LoginResponse, LoginStatus, TextResponse
from redbook.share.iscsi.chap import Credentials
from redbook.share.iscsi.pdu import ProtocolError
from redbook.share.iscsi.requests import LoginRequest, NopOut, ScsiCommand, TextRequest
from redbook.share.iscsi.target import Target
from tests.support.iscsi import INITIATOR, ISID, NAMES, FakeUnit, Peer, logged_in

SECRET = b"a secret of 16 b"


def peer(credentials: Credentials | None = None) -> Peer:
    return Peer(Target([FakeUnit()], credentials=credentials))


def ask(
    who: Peer,
    keys: dict[str, str],
    stage: int = 1,
    next_stage: int | None = 3,
    **fields: int | bool | bytes,
) -> tuple[LoginResponse, dict[str, str]]:
    """One step of a login."""
    transit = next_stage is not None
    request = LoginRequest(
        task_tag=1,
        **{  # type: ignore[arg-type]
            "isid": ISID,
            "cmd_sn": 77,
            "stage": stage,
            "next_stage": next_stage or 0,
            "transit": transit,
            **fields,
        },
    )
    ((answer, data),) = who.send(request, text.build(keys.items()))
    assert isinstance(answer, LoginResponse)
    return answer, text.parse(data)


def status(who: Peer, keys: dict[str, str], *args: int | None, **fields: int | bool | bytes) -> int:
    answer, _ = ask(who, keys, *args, **fields)
    if answer.status:
        assert who.connection.closing
        assert not who.connection.logged_in
    return answer.status


# One step


def test_a_login_in_one_step() -> None:
    who = peer()
    answer, said = ask(who, {**NAMES, "HeaderDigest": "None", "InitialR2T": "No", "MaxBurstLength": "4096"})
    assert (answer.status, answer.transit, answer.stage, answer.next_stage) == (0, True, 1, 3)
    assert answer.tsih != 0
    assert answer.numbers.exp_cmd_sn == 77
    assert answer.numbers.max_cmd_sn >= 77
    assert said == {
        "HeaderDigest": "None",
        "InitialR2T": "No",
        "MaxBurstLength": "4096",
        "MaxRecvDataSegmentLength": "262144",
        "TargetPortalGroupTag": "1",
    }
    assert who.connection.logged_in


def test_a_login_through_both_stages() -> None:
    who = peer()
    answer, said = ask(who, {**NAMES, "AuthMethod": "CHAP,None"}, 0, 1)
    assert (answer.transit, answer.next_stage, answer.tsih) == (True, 1, 0)
    assert said == {"AuthMethod": "None", "TargetPortalGroupTag": "1"}
    answer, said = ask(who, {"ErrorRecoveryLevel": "2"}, 1, 3)
    assert (answer.transit, answer.next_stage) == (True, 3)
    assert answer.numbers.stat_sn == 1
    assert said == {"ErrorRecoveryLevel": "0", "MaxRecvDataSegmentLength": "262144"}


def test_the_security_stage_may_lead_straight_to_the_end() -> None:
    who = peer()
    answer, _ = ask(who, {**NAMES, "AuthMethod": "None"}, 0, 3)
    assert (answer.transit, answer.next_stage) == (True, 3)
    assert who.connection.logged_in


def test_a_step_without_transit_stays_in_its_stage() -> None:
    who = peer()
    answer, said = ask(who, {**NAMES, "MaxBurstLength": "512"}, 1, None)
    assert not answer.transit
    assert said["MaxBurstLength"] == "512"
    answer, said = ask(who, {"FirstBurstLength": "512"})
    assert said == {"FirstBurstLength": "512"}
    assert who.connection.logged_in


def test_text_that_goes_on_in_the_next_request() -> None:
    who = peer()
    whole = text.build({**NAMES, "MaxBurstLength": "512"}.items())
    for piece in (whole[:30], whole[30:70]):
        request = LoginRequest(1, ISID, stage=1, continued=True)
        ((answer, data),) = who.send(request, piece)
        assert isinstance(answer, LoginResponse)
        assert (answer.status, answer.transit, data) == (0, False, b"")
    request = LoginRequest(1, ISID, stage=1, next_stage=3, transit=True)
    ((answer, data),) = who.send(request, whole[70:])
    assert isinstance(answer, LoginResponse)
    assert answer.transit
    assert text.parse(data)["MaxBurstLength"] == "512"


def test_names_are_compared_without_case() -> None:
    assert status(peer(), {**NAMES, "TargetName": DEFAULT_NAME.upper()}) == 0


# Refusals


@pytest.mark.parametrize(
    "keys, expected",
    [
        ({"TargetName": DEFAULT_NAME}, LoginStatus.MISSING_PARAMETER),
        ({"InitiatorName": INITIATOR}, LoginStatus.MISSING_PARAMETER),
        ({**NAMES, "TargetName": "iqn.2000-01.example:no"}, LoginStatus.TARGET_NOT_FOUND),
        ({**NAMES, "SessionType": "Picnic"}, LoginStatus.SESSION_TYPE_NOT_SUPPORTED),
        ({**NAMES, "MaxRecvDataSegmentLength": "1"}, LoginStatus.INITIATOR_ERROR),
        ({**NAMES, "CHAP_A": "5"}, LoginStatus.AUTHENTICATION_FAILED),
    ],
)
def test_logins_that_are_refused(keys: dict[str, str], expected: LoginStatus) -> None:
    assert status(peer(), keys) == expected


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({"version_min": 1, "version_max": 1}, LoginStatus.UNSUPPORTED_VERSION),
        ({"tsih": 5}, LoginStatus.NO_SUCH_SESSION),
        ({"stage": 3}, LoginStatus.INVALID_DURING_LOGIN),
        ({"stage": 2}, LoginStatus.INVALID_DURING_LOGIN),
        ({"next_stage": 1}, LoginStatus.INITIATOR_ERROR),
        ({"next_stage": 0}, LoginStatus.INITIATOR_ERROR),
        ({"continued": True}, LoginStatus.INITIATOR_ERROR),
    ],
)
def test_headers_that_are_refused(fields: dict[str, int | bool], expected: LoginStatus) -> None:
    assert status(peer(), NAMES, **fields) == expected


def test_going_back_to_an_earlier_stage_is_refused() -> None:
    who = peer()
    ask(who, NAMES, 1, None)
    assert status(who, {}, 0, 1) == LoginStatus.INVALID_DURING_LOGIN


def test_a_key_negotiated_twice_is_refused() -> None:
    who = peer()
    ask(who, {**NAMES, "MaxBurstLength": "512"}, 1, None)
    assert status(who, {"MaxBurstLength": "1024"}) == LoginStatus.INITIATOR_ERROR


def test_a_name_or_isid_that_changes_is_refused() -> None:
    who = peer()
    ask(who, NAMES, 1, None)
    assert status(who, {"InitiatorName": "iqn.2000-01.example:other"}) == LoginStatus.INITIATOR_ERROR
    who = peer()
    ask(who, NAMES, 1, None)
    assert status(who, {}, isid=bytes(6)) == LoginStatus.INITIATOR_ERROR


def test_a_login_that_never_ends_is_ended() -> None:
    who = peer()
    ask(who, NAMES, 1, None)
    for _ in range(100):
        answer, _ = ask(who, {}, 1, None)
        if answer.status:
            break
    assert answer.status == LoginStatus.INITIATOR_ERROR


def test_text_without_end_is_refused() -> None:
    who = peer()
    for _ in range(100):
        ((answer, _),) = who.send(LoginRequest(1, ISID, stage=1, continued=True), b"A" * 8192)
        assert isinstance(answer, LoginResponse)
        if answer.status:
            break
    assert answer.status == LoginStatus.OUT_OF_RESOURCES


def test_keys_whose_answer_would_be_too_long_are_refused() -> None:
    keys = {f"a{number}": "" for number in range(2000)}
    who = peer()
    whole = text.build({**NAMES, **keys}.items())
    assert len(whole) < text.MOST_LOGIN_TEXT_BYTES
    who.send(LoginRequest(1, ISID, stage=1, continued=True), whole[:8192])
    ((answer, _),) = who.send(LoginRequest(1, ISID, stage=1, next_stage=3, transit=True), whole[8192:])
    assert isinstance(answer, LoginResponse)
    assert answer.status == LoginStatus.INITIATOR_ERROR


@pytest.mark.parametrize("request_", [NopOut(1), ScsiCommand(1, bytes(16)), TextRequest(1)])
def test_anything_but_a_login_at_first_ends_the_connection(request_: NopOut) -> None:
    with pytest.raises(ProtocolError):
        peer().send(request_)


def test_an_unknown_pdu_at_first_ends_the_connection() -> None:
    with pytest.raises(ProtocolError):
        peer().feed(b"GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n".ljust(9000))


def test_a_data_segment_larger_than_agreed_ends_the_connection() -> None:
    with pytest.raises(ProtocolError):
        peer().feed(LoginRequest(1, ISID, stage=1).to_bytes(8193))
    who = logged_in()
    with pytest.raises(ProtocolError):
        who.feed(NopOut(1, who.cmd_sn).to_bytes(262145))


def test_a_login_after_the_login_ends_the_connection() -> None:
    with pytest.raises(ProtocolError):
        logged_in().send(LoginRequest(1, ISID, stage=1))


# CHAP


def chap_keys(challenge: dict[str, str], secret: bytes = SECRET) -> dict[str, str]:
    material = bytes((int(challenge["CHAP_I"]),)) + secret + bytes.fromhex(challenge["CHAP_C"][2:])
    return {"CHAP_N": "me", "CHAP_R": "0x" + hashlib.md5(material).hexdigest()}


def challenged(who: Peer) -> dict[str, str]:
    answer, said = ask(who, {**NAMES, "AuthMethod": "CHAP,None"}, 0, 1)
    assert not answer.transit
    assert said["AuthMethod"] == "CHAP"
    answer, said = ask(who, {"CHAP_A": "5"}, 0, 1)
    assert not answer.transit
    assert said["CHAP_A"] == "5"
    return said


def test_a_login_with_chap() -> None:
    who = peer(Credentials("me", SECRET))
    answer, said = ask(who, chap_keys(challenged(who)), 0, 1)
    assert answer.transit
    assert said == {}
    answer, _ = ask(who, {})
    assert answer.status == 0
    assert who.connection.logged_in


def test_a_login_with_mutual_chap() -> None:
    who = peer(Credentials("me", SECRET, "you", b"the other secret"))
    keys = {**chap_keys(challenged(who)), "CHAP_I": "5", "CHAP_C": "0x0102"}
    answer, said = ask(who, keys, 0, 3)
    assert answer.transit
    assert said == {
        "CHAP_N": "you",
        "CHAP_R": "0x" + hashlib.md5(b"\x05the other secret\x01\x02").hexdigest(),
    }
    assert who.connection.logged_in


def test_a_wrong_secret_is_refused() -> None:
    who = peer(Credentials("me", SECRET))
    keys = chap_keys(challenged(who), b"some other secret")
    assert status(who, keys, 0, 1) == LoginStatus.AUTHENTICATION_FAILED


def test_a_challenge_is_never_the_same() -> None:
    first, second = (challenged(peer(Credentials("me", SECRET))) for _ in range(2))
    assert first["CHAP_C"] != second["CHAP_C"]


@pytest.mark.parametrize(
    "keys, stage, next_stage",
    [
        (NAMES, 1, 3),
        (NAMES, 0, 3),
        (NAMES, 0, 1),
        ({**NAMES, "AuthMethod": "None"}, 0, 1),
        ({**NAMES, "AuthMethod": "KRB5,SPKM1"}, 0, 1),
        ({**NAMES, "SessionType": "Discovery"}, 1, 3),
    ],
)
def test_nobody_gets_around_chap(keys: dict[str, str], stage: int, next_stage: int) -> None:
    who = peer(Credentials("me", SECRET))
    assert status(who, keys, stage, next_stage) == LoginStatus.AUTHENTICATION_FAILED


def test_leaving_the_security_stage_without_a_proof_is_not_granted() -> None:
    who = peer(Credentials("me", SECRET))
    ask(who, {**NAMES, "AuthMethod": "CHAP"}, 0, 3)
    answer, _ = ask(who, {}, 0, 3)
    assert (answer.status, answer.transit) == (0, False)
    assert not who.connection.logged_in
    assert status(who, {}, 1, 3) == LoginStatus.INVALID_DURING_LOGIN


def test_an_initiator_that_insists_on_chap_is_refused_where_there_is_none() -> None:
    assert status(peer(), {**NAMES, "AuthMethod": "CHAP"}, 0, 1) == LoginStatus.AUTHENTICATION_FAILED


# Discovery, reinstatement


def test_discovery_tells_the_target_s_address() -> None:
    who = peer()
    answer, said = ask(who, {"InitiatorName": INITIATOR, "SessionType": "Discovery"})
    assert answer.status == 0
    assert "TargetPortalGroupTag" not in said
    ((found, data),) = who.send(TextRequest(5, 77), b"SendTargets=All\0")
    assert isinstance(found, TextResponse)
    assert (found.task_tag, found.final) == (5, True)
    assert data == f"TargetName={DEFAULT_NAME}\0TargetAddress=127.0.0.1:3260,1\0".encode()


def test_a_second_login_of_the_same_session_ends_the_first() -> None:
    unit = FakeUnit()
    target = Target([unit])
    first, second, other = (Peer(target) for _ in range(3))
    first.log_in()
    other.log_in(isid=b"\x80other")
    assert unit.initiators == 2
    second.log_in()
    assert first.hung_up
    assert first.connection.closing
    assert unit.initiators == 2
    assert not second.hung_up
    assert not other.hung_up
    assert len(second.command(bytes(6))) == 1


def test_a_session_takes_a_way_to_each_unit_and_gives_it_back_once() -> None:
    units = [FakeUnit(), FakeUnit()]
    who = Peer(Target(units))
    who.log_in()
    assert [unit.initiators for unit in units] == [1, 1]
    who.connection.end()
    who.connection.end()
    assert [unit.initiators for unit in units] == [0, 0]


def test_targets_that_cannot_be() -> None:
    for units, name in (
        (0, DEFAULT_NAME),
        (257, DEFAULT_NAME),
        (1, "recorder"),
        (1, "iqn.2026-11.a:" + "x" * 250),
    ):
        with pytest.raises(ValueError):
            Target([FakeUnit()] * units, name)
