"""iSCSI's values: headers, checksums, keys, proofs.  Expected bytes are of RFC 7143, 3720 and 1994."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redbook.share.iscsi import answers, requests, text
from redbook.share.iscsi.chap import ChapError, ChapServer, Credentials, response, to_binary
from redbook.share.iscsi.crc32c import crc32c, digest
from redbook.share.iscsi.pdu import Opcode, lun_bytes, lun_number, sn_after, sn_distance

REQUESTS = (
    requests.NopOut,
    requests.ScsiCommand,
    requests.TaskManagementRequest,
    requests.LoginRequest,
    requests.TextRequest,
    requests.DataOut,
    requests.LogoutRequest,
    requests.Snack,
)
ANSWERS = (
    answers.NopIn,
    answers.ScsiResponse,
    answers.TaskManagementResponse,
    answers.LoginResponse,
    answers.TextResponse,
    answers.DataIn,
    answers.LogoutResponse,
    answers.ReadyToTransfer,
    answers.Reject,
)


# Digests: the examples of RFC 3720 B.4, in the order of the bytes on the wire

READ_10_PDU = bytes.fromhex(
    "01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018 28000000 00000000"
    " 02000000 00000000"
)


@pytest.mark.parametrize(
    "data, on_the_wire",
    [
        (bytes(32), "aa36918a"),
        (b"\xff" * 32, "43aba862"),
        (bytes(range(32)), "4e79dd46"),
        (bytes(range(31, -1, -1)), "5cdb3f11"),
        (READ_10_PDU, "563a96d9"),
    ],
)
def test_digests_are_those_of_the_rfc(data: bytes, on_the_wire: str) -> None:
    assert digest(data).hex() == on_the_wire


def test_the_check_value_of_crc32c() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # of every catalogue of CRCs


@given(st.binary(max_size=200), st.integers(0, 200))
def test_a_digest_may_be_made_piece_by_piece(data: bytes, cut: int) -> None:
    assert crc32c(data[cut:], crc32c(data[:cut])) == crc32c(data)


@given(st.integers(0, 300), st.integers(0, 0xFFFFFFFF), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_long_data_have_the_same_digest_as_bit_by_bit(more: int, crc: int, seed: int) -> None:
    data = Random(seed).randbytes(8192 + more)
    assert crc32c(data, crc) == bit_by_bit(data, crc)


def bit_by_bit(data: bytes, crc: int) -> int:
    """The definition: one bit at a time through the polynomial of RFC 7143 13.1, reflected."""
    register = crc ^ 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


# Headers


def test_the_rfc_s_read_is_understood() -> None:
    request = requests.parse(READ_10_PDU)
    assert isinstance(request, requests.ScsiCommand)
    assert request.read and request.final and not request.write and not request.immediate
    assert (request.task_tag, request.expected_bytes) == (0x14000000, 1024)
    assert (request.cmd_sn, request.exp_stat_sn) == (0x14, 0x18)
    assert request.cdb == bytes.fromhex("28000000000000000200000000000000")
    assert request.to_bytes() == READ_10_PDU


@pytest.mark.parametrize("kind", [*REQUESTS, *ANSWERS], ids=lambda kind: kind.__name__)
@given(rest=st.binary(min_size=47, max_size=47))
def test_any_header_is_read_and_what_was_understood_survives(kind: type, rest: bytes) -> None:
    header = bytes((kind.OPCODE,)) + rest  # type: ignore[attr-defined]
    value = kind.from_bytes(header)  # type: ignore[attr-defined]
    written = value.to_bytes(1234)
    assert len(written) == 48
    assert written[5:8] == (1234).to_bytes(3, "big")
    assert kind.from_bytes(written) == value  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "header, offset, field, value",
    [
        # Offsets of RFC 7143 11.x; the value is of four bytes.
        (requests.ScsiCommand(7, bytes(16), expected_bytes=0x01020304), 20, "expected_bytes", 0x01020304),
        (requests.ScsiCommand(7, bytes(16), cmd_sn=0x01020304), 24, "cmd_sn", 0x01020304),
        (requests.DataOut(7, data_sn=0x01020304), 36, "data_sn", 0x01020304),
        (requests.DataOut(7, offset_bytes=0x01020304), 40, "offset_bytes", 0x01020304),
        (requests.TaskManagementRequest(7, 1, ref_cmd_sn=0x01020304), 32, "ref_cmd_sn", 0x01020304),
        (requests.TaskManagementRequest(7, 1, referenced_task_tag=0x01020304), 20, "", 0x01020304),
        (answers.ScsiResponse(7, exp_data_sn=0x01020304), 36, "exp_data_sn", 0x01020304),
        (answers.ScsiResponse(7, residual_bytes=0x01020304), 44, "residual_bytes", 0x01020304),
        (answers.DataIn(7, data_sn=0x01020304), 36, "data_sn", 0x01020304),
        (answers.DataIn(7, offset_bytes=0x01020304), 40, "offset_bytes", 0x01020304),
        (answers.DataIn(7, residual_bytes=0x01020304), 44, "residual_bytes", 0x01020304),
        (answers.ReadyToTransfer(7, 0x01020304), 20, "transfer_tag", 0x01020304),
        (answers.ReadyToTransfer(7, 8, r2t_sn=0x01020304), 36, "r2t_sn", 0x01020304),
        (answers.ReadyToTransfer(7, 8, offset_bytes=0x01020304), 40, "offset_bytes", 0x01020304),
        (answers.ReadyToTransfer(7, 8, wanted_bytes=0x01020304), 44, "wanted_bytes", 0x01020304),
    ],
)
def test_fields_stand_where_the_rfc_puts_them(
    header: requests.Request | answers.Answer, offset: int, field: str, value: int
) -> None:
    raw = header.to_bytes()
    assert raw[offset : offset + 4] == value.to_bytes(4, "big")
    assert raw[16:20] == (7).to_bytes(4, "big")


def test_flags_of_a_login() -> None:
    request = requests.LoginRequest(1, bytes(6), stage=1, next_stage=3, transit=True)
    assert request.to_bytes()[:2] == bytes((0x43, 0x87))
    answer = answers.LoginResponse(1, bytes(6), status=0x0201)
    assert answer.to_bytes()[36:38] == b"\x02\x01"


def test_flags_of_residuals() -> None:
    assert answers.ScsiResponse(1, overflow=True).to_bytes()[1] == 0x84
    assert answers.DataIn(1, final=True, with_status=True, underflow=True).to_bytes()[1] == 0x83


def test_opcodes_that_no_initiator_sends_are_no_requests() -> None:
    known = {kind.OPCODE for kind in REQUESTS}
    for opcode in range(64):
        found = requests.parse(bytes((opcode,)) + bytes(47))
        assert (found is not None) == (opcode in known)
    assert Opcode.REJECT == 0x3F


# Numbers and addresses


@pytest.mark.parametrize(
    "later, earlier, distance",
    [(5, 3, 2), (3, 5, -2), (0, 0xFFFFFFFF, 1), (0xFFFFFFFE, 1, -3), (0x80000000, 0, -0x80000000)],
)
def test_sequence_numbers_wrap(later: int, earlier: int, distance: int) -> None:
    assert sn_distance(later, earlier) == distance
    assert sn_after(earlier, distance) == later


@pytest.mark.parametrize(
    "lun, number",
    [
        ("0000000000000000", 0),
        ("0005000000000000", 5),
        ("4005000000000000", 5),
        ("4105000000000000", 0x105),
        ("0105000000000000", None),  # another bus
        ("0005000000000001", None),  # a second level
        ("C101000000000000", None),  # a well-known unit
    ],
)
def test_numbers_of_units(lun: str, number: int | None) -> None:
    assert lun_number(bytes.fromhex(lun)) == number


@given(st.integers(0, 0x3FFF))
def test_numbers_of_units_both_ways(number: int) -> None:
    assert lun_number(lun_bytes(number)) == number


# Keys


@pytest.mark.parametrize(
    "name, offered, said, agreed",
    [
        ("HeaderDigest", "CRC32C,None", "CRC32C", "CRC32C"),
        ("HeaderDigest", "None,CRC32C", "None", "None"),
        ("HeaderDigest", "SHA1", "Reject", None),
        ("MaxConnections", "8", "1", 1),
        ("InitialR2T", "Yes", "Yes", True),
        ("InitialR2T", "No", "No", False),
        ("ImmediateData", "Yes", "Yes", True),
        ("ImmediateData", "No", "No", False),
        ("ImmediateData", "Maybe", "Reject", None),
        ("MaxBurstLength", "16776192", "1048576", 1 << 20),
        ("MaxBurstLength", "512", "512", 512),
        ("MaxBurstLength", "511", "Reject", None),
        ("MaxBurstLength", "0x200", "512", 512),
        ("MaxBurstLength", "-1", "Reject", None),
        ("MaxBurstLength", "16777216", "Reject", None),
        ("MaxOutstandingR2T", "16", "1", 1),
        ("DefaultTime2Wait", "3", "3", 3),
        ("DefaultTime2Retain", "20", "0", 0),
        ("DataPDUInOrder", "No", "Yes", True),
        ("DataSequenceInOrder", "No", "Yes", True),
        ("ErrorRecoveryLevel", "2", "0", 0),
        ("TaskReporting", "FastAbort,RFC3720", "RFC3720", "RFC3720"),
        ("iSCSIProtocolLevel", "2", "1", 1),
        ("IFMarker", "Yes", "No", False),
        ("MaxRecvDataSegmentLength", "65536", None, 65536),
        ("X-example.vendor", "1", "NotUnderstood", None),
        ("OFMarkInt", "2048", "NotUnderstood", None),
    ],
)
def test_what_comes_out_of_an_offer(name: str, offered: str, said: str | None, agreed: object) -> None:
    assert text.answer(name, offered) == (said, agreed)


def test_a_declaration_that_cannot_be() -> None:
    with pytest.raises(text.TextError):
        text.answer("MaxRecvDataSegmentLength", "511")


@pytest.mark.parametrize("data", [b"\xff\xfe=1\0", b"no separator\0", b"=1\0", b"a b=1\0", b"A=1\0A=2\0"])
def test_what_is_no_keys_is_refused(data: bytes) -> None:
    with pytest.raises(text.TextError):
        text.parse(data)


def test_keys_may_end_without_their_zero() -> None:
    assert text.parse(b"A=1=2\0\0B=") == {"A": "1=2", "B": ""}


@given(st.binary(max_size=300))
def test_any_bytes_are_keys_or_refused(data: bytes) -> None:
    try:
        found = text.parse(data)
    except text.TextError:
        return
    assert text.parse(text.build(found.items())) == found


# CHAP


def test_proofs_are_hashes_of_identifier_secret_and_challenge() -> None:
    for number, name in (("5", "md5"), ("7", "sha256")):
        expected = hashlib.new(name, b"\x07" + b"secret of 12" + b"challenge").digest()
        assert response(number, 7, b"secret of 12", b"challenge") == expected


@pytest.mark.parametrize(
    "said, data",
    [("0x0a0B", b"\x0a\x0b"), ("0Xfff", b"\x0f\xff"), ("0bAQID", b"\1\2\3"), ("0x", b"")],
)
def test_binary_values(said: str, data: bytes) -> None:
    assert to_binary(said) == data


@pytest.mark.parametrize("said", ["", "ab", "0xzz", "0b***", "0x" + "00" * 1025, "0xab cd"])
def test_what_is_no_binary_value(said: str) -> None:
    with pytest.raises(ChapError):
        to_binary(said)


BOTH = Credentials("me", b"my secret of 16.", "you", b"another secret..")


def server() -> ChapServer:
    return ChapServer(BOTH, lambda count: bytes(range(1, count + 1)))


def proof(secret: bytes = BOTH.secret, algorithm: str = "5") -> str:
    return "0x" + response(algorithm, 1, secret, bytes(range(1, 33))).hex()


@pytest.mark.parametrize("offered, chosen", [("5", "5"), ("7,5", "7"), ("6,5", "5"), ("8,7", "7")])
def test_the_first_known_algorithm_is_chosen(offered: str, chosen: str) -> None:
    asked = server()
    said = asked.answer({"CHAP_A": offered})
    assert said == {"CHAP_A": chosen, "CHAP_I": "1", "CHAP_C": "0x" + bytes(range(1, 33)).hex()}
    assert asked.answer({"CHAP_N": "me", "CHAP_R": proof(algorithm=chosen)}) == {}
    assert asked.done


def test_the_target_proves_itself_when_asked() -> None:
    asked = server()
    asked.answer({"CHAP_A": "5"})
    said = asked.answer({"CHAP_N": "me", "CHAP_R": proof(), "CHAP_I": "9", "CHAP_C": "0xbeef"})
    assert said["CHAP_N"] == "you"
    assert said["CHAP_R"] == "0x" + hashlib.md5(b"\x09another secret..\xbe\xef").hexdigest()


@pytest.mark.parametrize(
    "keys",
    [
        {"CHAP_N": "me", "CHAP_R": proof(b"something else")},
        {"CHAP_N": "you", "CHAP_R": proof()},
        {"CHAP_R": proof()},
        {"CHAP_N": "me", "CHAP_R": "0x"},
        {"CHAP_N": "me", "CHAP_R": proof(), "CHAP_I": "1", "CHAP_C": "0x" + bytes(range(1, 33)).hex()},
        {"CHAP_N": "me", "CHAP_R": proof(), "CHAP_I": "256", "CHAP_C": "0x01"},
        {"CHAP_N": "me", "CHAP_R": proof(), "CHAP_I": "²", "CHAP_C": "0x01"},
        {"CHAP_N": "me", "CHAP_R": proof(), "CHAP_I": "1"},
        {"CHAP_N": "me"},
        {"CHAP_A": "5"},
    ],
)
def test_wrong_proofs_are_refused(keys: dict[str, str]) -> None:
    asked = server()
    asked.answer({"CHAP_A": "5"})
    with pytest.raises(ChapError):
        asked.answer(keys)
    assert not asked.done


def test_a_proof_before_the_challenge_is_refused() -> None:
    with pytest.raises(ChapError):
        server().answer({"CHAP_N": "me", "CHAP_R": "0x" + hashlib.md5(b"\0" + BOTH.secret).hexdigest()})


@pytest.mark.parametrize("offered", ["", "6", "8,9", "five"])
def test_unknown_algorithms_are_refused(offered: str) -> None:
    with pytest.raises(ChapError):
        server().answer({"CHAP_A": offered})


def test_credentials_that_cannot_be() -> None:
    for wrong in (("", b"x"), ("a", b""), ("a", b"x", "b", b""), ("a", b"x", "b", b"x")):
        with pytest.raises(ValueError):
            Credentials(*wrong)
    assert "secret" not in repr(BOTH)
