"""What holds for every command and any bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from redbook.disc import SECTOR_BYTES
from redbook.mmc.decode import decode
from redbook.mmc.disc_info import DiscInformation, DiscStatus, SessionStatus, TrackInformation
from redbook.mmc.mode_pages import WriteParameters
from redbook.mmc.write import Write10

lbas = st.integers(-45150, 449849)
printable = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12)


@given(lbas, st.integers(1, 27))
def test_a_write_survives_the_wire(lba: int, sectors: int) -> None:
    command = Write10(lba, bytes(sectors * SECTOR_BYTES))
    assert decode(command.to_cdb(), command.data_out) == command


@given(
    st.builds(
        WriteParameters,
        write_type=st.integers(0, 15),
        test_write=st.booleans(),
        underrun_protection=st.booleans(),
        link_size_valid=st.booleans(),
        multi_session=st.integers(0, 3),
        fixed_packet=st.booleans(),
        copy=st.booleans(),
        track_mode=st.integers(0, 15),
        data_block_type=st.integers(0, 15),
        link_size=st.integers(0, 255),
        application_code=st.integers(0, 63),
        session_format=st.integers(0, 255),
        packet_size=st.integers(0, 2**32 - 1),
        audio_pause=st.integers(0, 65535),
        mcn=st.just("") | st.text("0123456789", min_size=13, max_size=13),
        isrc=st.just("") | printable,
        tail=st.binary(max_size=200),
    )
)
def test_write_parameters_survive_the_page(page: WriteParameters) -> None:
    assert WriteParameters.from_page(page.to_page()) == page


@given(
    st.builds(
        TrackInformation,
        number=st.integers(1, 99),
        session=st.integers(1, 99),
        control=st.integers(0, 15),
        blank=st.booleans(),
        damaged=st.booleans(),
        start_lba=st.integers(-150, 200_000),
        next_writable_lba=st.none() | lbas,
        free_sectors=st.integers(0, 449849),
        track_sectors=st.integers(1, 449849 - 200_000),
        last_recorded_lba=st.none() | lbas,
    )
)
def test_track_information_survives_the_wire(info: TrackInformation) -> None:
    assert TrackInformation.from_bytes(info.to_bytes()) == info


@given(st.sampled_from(DiscStatus), st.sampled_from(SessionStatus), st.booleans(), st.integers(1, 99))
def test_disc_information_survives_the_wire(
    status: DiscStatus, session: SessionStatus, erasable: bool, last: int
) -> None:
    """Three hundred sessions, as a DVD can have them."""
    info = DiscInformation(status, session, erasable, 1, 300, 1, last)
    assert DiscInformation.from_bytes(info.to_bytes(), of_cd=False) == info


@given(st.binary(max_size=20), st.binary(max_size=100))
def test_any_bytes_are_a_command_or_a_value_error(cdb: bytes, data: bytes) -> None:
    try:
        command = decode(cdb, data)
    except ValueError:
        return
    assert command.to_cdb()[0] == (cdb or b"\0")[0]
