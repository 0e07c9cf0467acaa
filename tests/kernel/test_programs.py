"""Programs written by others burn and read /dev/sr0 of a real kernel in front of our iSCSI target.

One guest with three recorders does it all; the tests look at what came of it.
"""

from __future__ import annotations

import json
import re
import wave
from dataclasses import dataclass

import pytest

from redbook.disc import SECTOR_BYTES
from tests.kernel.debian_kernel import Kernel
from tests.kernel.discs import PREGAP, Done, asking, cd_rw, new_share, reading, track_at_once, with_gaps
from tests.kernel.guest import Step, run_guest
from tests.kernel.target import target
from tests.support.sound import noise

pytestmark = pytest.mark.tools("wodim", "cdrskin", "cdrdao", "cdparanoia", "cd-info", "icedax")

# Sectors. wodim's -dao makes the last 150 of a track the next one's pregap; 300 must stay.
LENGTHS = (460, 555, 503)
PCM = [noise(588 * sectors, seed) for seed, sectors in enumerate(LENGTHS, 1)]
WAVS = "1.wav 2.wav 3.wav"

# wodim locks its memory; an ordinary user may lock 8 MB, and its buffer is 12 unless told otherwise.
WODIM = "wodim fs=2m gracetime=2"
CDRDAO = "generic-mmc:0x10"  # with CD-Text, README of cdrdao
TOC_FILE = """CD_DA
CD_TEXT { LANGUAGE_MAP { 0 : EN } LANGUAGE 0 { TITLE "Made of Noise" PERFORMER "The Dice" } }
TRACK AUDIO
ISRC "DEAB12600001"
CD_TEXT { LANGUAGE 0 { TITLE "First Throw" PERFORMER "Red Die" } }
FILE "1.wav" 0
TRACK AUDIO
ISRC "DEAB12600002"
CD_TEXT { LANGUAGE 0 { TITLE "Second Throw" PERFORMER "Blue Die" } }
PREGAP 00:02:00
FILE "2.wav" 0
TRACK AUDIO
CD_TEXT { LANGUAGE 0 { TITLE "Third Throw" PERFORMER "Red Die" } }
FILE "3.wav" 0
"""


@dataclass(frozen=True)
class Burn:
    """command  of the program; starts  of its tracks; lead_out  as sector addresses"""

    node: str
    command: str
    starts: tuple[int, ...]
    lead_out: int


def at_once_starts(second_pregap: int = 0) -> tuple[int, ...]:
    first, second, _ = LENGTHS
    return 0, first + second_pregap, first + second_pregap + second


TRACK_BY_TRACK = track_at_once(LENGTHS)
AT_ONCE = (at_once_starts(), sum(LENGTHS))
WITH_PREGAP = (at_once_starts(PREGAP), sum(LENGTHS) + PREGAP)

BURNS = {
    "wodim-tao": Burn("sr0", f"{WODIM} dev=/dev/sr0 -tao -audio {WAVS}", *TRACK_BY_TRACK),
    "wodim-dao": Burn("sr0", f"{WODIM} dev=/dev/sr0 -dao -audio {WAVS}", *AT_ONCE),
    "cdrskin-tao": Burn("sr1", f"cdrskin dev=/dev/sr1 -tao -audio {WAVS}", *TRACK_BY_TRACK),
    "cdrskin-sao": Burn("sr0", f"cdrskin dev=/dev/sr0 -sao -audio {WAVS}", *AT_ONCE),
    "cdrdao": Burn("sr2", f"cdrdao write --device /dev/sr2 --driver {CDRDAO} -n disc.toc", *WITH_PREGAP),
}
# Before these the CD-RW is made blank again, by the kernel's path too.
BLANKED_BEFORE = {"wodim-dao": "wodim-blank", "cdrskin-sao": "cdrskin-blank"}
BLANKS = {
    "wodim-blank": f"{WODIM} dev=/dev/sr0 -blank=fast",
    "cdrskin-blank": "cdrskin dev=/dev/sr0 blank=fast",
}


def job() -> dict[str, Step]:
    steps = {"blank disc": Step("cdrdao disk-info --device /dev/sr1")}
    for name, burn in BURNS.items():
        node, into = f"/dev/{burn.node}", f"read/{name}"
        if blank := BLANKED_BEFORE.get(name):
            steps[blank] = Step(BLANKS[blank])
            steps[f"{blank}: disc"] = Step("cdrdao disk-info --device /dev/sr0")
        steps[name] = Step(burn.command)
        steps[f"{name}: cd-info"] = Step(f"cd-info --no-device-info -C {node}")
        steps[f"{name}: cdparanoia"] = reading(name, node)
        steps[f"{name}: icedax"] = Step(f"cd {into} && icedax -D {node} -q -B -no-infofile icedax")
        steps[f"{name}: kernel"] = Step(asking("toc", burn.node))
    return {
        **steps,
        "full": Step(f"{WODIM} dev=/dev/sr1 -tao -audio 1.wav"),
        "full: cdparanoia": reading("full", "/dev/sr1"),
        "toc": Step(f"cdrdao read-toc --device /dev/sr2 --driver {CDRDAO} read/cdrdao/read.toc"),
        "tray": Step(asking("tray", "sr1"), root=True),
        "nodes": Step("stat -c '%n %U %G %a' /dev/sr* /dev/sg*; id -u; id -Gn"),
        "kernel log": Step("dmesg", root=True),
    }


@pytest.fixture(scope="module")
def done(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Done:
    work = tmp_path_factory.mktemp("programs")
    share = new_share(work, PCM)
    (share / "disc.toc").write_text(TOC_FILE)
    with target(cd_rw(work / "rw.disc"), work / "1.disc", work / "2.disc") as urls:
        return Done(share, run_guest(kernel, urls, share, job()))


def expected_tracks(burn: Burn) -> list[bytes]:
    return with_gaps(PCM, burn.starts, burn.lead_out)


def test_the_kernel_finds_a_recorder_and_what_it_can_do(done: Done) -> None:
    log = done.outcomes["kernel log"].check().stdout
    for node in ("sr0", "sr1", "sr2"):
        assert re.search(rf"\[{node}\] scsi3-mmc drive: 48x/48x writer cd/rw xa/form2 cdda tray", log)
        assert f"Attached scsi CD-ROM {node}" in log
    assert "Attached scsi generic sg2 type 5" in log


def test_the_kernel_has_no_complaint(done: Done) -> None:
    log = done.outcomes["kernel log"].check().stdout
    assert not re.findall(
        r"^.*(?:\bsr\d|sd? \d:0:\d).*(?:error|fail|timed? ?out|disagree).*$", log, re.M | re.I
    )


def test_programs_run_as_an_ordinary_user_in_group_cdrom(done: Done) -> None:
    *nodes, uid, groups = done.outcomes["nodes"].check().stdout.splitlines()
    assert [line.split()[1:] for line in nodes] == [["root", "cdrom", "660"]] * 6
    assert uid != "0"
    assert groups.split()[1:] == ["cdrom"]


def test_cdrdao_sees_a_blank_disc(done: Done) -> None:
    text = done.outcomes["blank disc"].check().text
    assert re.search(r"CD-R empty\s*: yes", text)
    assert re.search(r"Total Capacity\s*: 79:5\d:\d\d", text)


@pytest.mark.parametrize("name", BURNS)
def test_a_burn_ends_well(name: str, done: Done) -> None:
    done.outcomes[name].check()


@pytest.mark.parametrize("name", BURNS)
def test_cdparanoia_reads_the_audio_bit_for_bit(name: str, done: Done) -> None:
    done.outcomes[f"{name}: cdparanoia"].check()
    assert done.tracks(name) == expected_tracks(BURNS[name])


@pytest.mark.parametrize("name", BURNS)
def test_icedax_reads_the_audio_bit_for_bit(name: str, done: Done) -> None:
    done.outcomes[f"{name}: icedax"].check()
    found = []
    for file in done.read(name, "icedax_*.wav"):
        with wave.open(str(file), "rb") as sound:
            found.append(sound.readframes(sound.getnframes()))
    assert found == expected_tracks(BURNS[name])


@pytest.mark.parametrize("name", BURNS)
def test_cd_info_has_the_tracks_where_they_were_put(name: str, done: Done) -> None:
    text = done.outcomes[f"{name}: cd-info"].check().stdout
    rows = re.findall(r"^ *(\d+): [\d:]+ +(\d{6}) (audio|leadout)", text, re.MULTILINE)
    burn = BURNS[name]
    expected = [(str(number), f"{start:06d}", "audio") for number, start in enumerate(burn.starts, 1)]
    assert rows == [*expected, ("170", f"{burn.lead_out:06d}", "leadout")]


@pytest.mark.parametrize("name", BURNS)
def test_the_kernels_own_calls_read_toc_and_audio(name: str, done: Done) -> None:
    """CDROMREADTOCHDR, CDROMREADTOCENTRY, CDROM_DISC_STATUS (100 is CDS_AUDIO), CDROMREADAUDIO."""
    found = json.loads(done.outcomes[f"{name}: kernel"].check().stdout)
    burn = BURNS[name]
    starts = {str(number): start for number, start in enumerate(burn.starts, 1)}
    assert found["starts"] == {**starts, "170": burn.lead_out}
    assert found["disc"] == 100
    assert not any(control & 4 for control in found["controls"].values())
    assert bytes.fromhex(found["audio"]) == PCM[2][:SECTOR_BYTES]


@pytest.mark.parametrize("name", BLANKS)
def test_a_cd_rw_is_blank_again(name: str, done: Done) -> None:
    done.outcomes[name].check()
    assert re.search(r"CD-R empty\s*: yes", done.outcomes[f"{name}: disc"].check().text)


def test_a_finished_cd_r_is_not_written_again(done: Done) -> None:
    assert done.outcomes["full"].code != 0
    done.outcomes["full: cdparanoia"].check()
    assert done.tracks("full") == expected_tracks(BURNS["cdrskin-tao"])


def test_cd_text_and_isrc_come_back(done: Done) -> None:
    done.outcomes["toc"].check()
    (file,) = done.read("cdrdao", "read.toc")
    text = file.read_text()
    titles = re.findall(r'TITLE "([^"]*)"', text)
    assert titles == ["Made of Noise", "First Throw", "Second Throw", "Third Throw"]
    assert re.findall(r'PERFORMER "([^"]*)"', text) == ["The Dice", "Red Die", "Blue Die", "Red Die"]
    assert re.findall(r'ISRC "([^"]*)"', text) == ["DEAB12600001", "DEAB12600002"]
    assert re.findall(r"^(?:START|PREGAP) (\S+)$", text, re.M) == ["00:02:00"]


def test_cd_info_reads_the_cd_text(done: Done) -> None:
    text = done.outcomes["cdrdao: cd-info"].check().stdout
    assert "First Throw" in text and "Blue Die" in text


def test_the_kernel_sees_the_tray_open_and_the_disc_come_back(done: Done) -> None:
    """CDS_DISC_OK is 4, CDS_TRAY_OPEN 2."""
    found = json.loads(done.outcomes["tray"].check().stdout)
    assert found["before"] == found["after"] == 4
    assert found["open"] == 2
    for event in ("eject", "load"):
        assert found[event]["DISK_MEDIA_CHANGE"] == "1"


def test_a_locked_tray_stays_closed(done: Done) -> None:
    found = json.loads(done.outcomes["tray"].check().stdout)
    assert found["refusal"] != 0
    assert found["locked"] == 4
