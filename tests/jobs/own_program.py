# A program of one's own: it shows progress, and has a button that cancels; the disc is in good order then.
# needs:
import math
import struct
import wave

import redbook


def song(name: str, seconds: int, pitch: int) -> str:
    with wave.open(name, "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        for n in range(seconds * 44100):
            value = round(9000 * math.sin(n * pitch * math.tau / 44100))
            file.writeframesraw(struct.pack("<hh", value, value))
    return name


songs = [song("a.wav", 12, 440), song("b.wav", 12, 330)]
percents: list[int] = []


def show(event: redbook.Event) -> None:
    if isinstance(event, redbook.Progress) and event.phase is redbook.Phase.WRITING:
        percents.append(100 * event.sectors_done // event.sectors)


with redbook.open_drive("virtual:first.disc") as drive:
    report = redbook.burn(songs, drive, on_event=show)
assert report.verified and len(report.tracks) == 2
assert percents == sorted(percents) and percents[-1] == 100, percents

# The button: somebody presses it while the second track is written.
cancel = redbook.Cancel()


def press(event: redbook.Event) -> None:
    if isinstance(event, redbook.TrackStarted) and event.number == 2:
        cancel()


with redbook.open_drive("virtual:second.disc", pace=48) as drive:
    try:
        redbook.burn(songs, drive, mode="tao", on_event=press, cancel=cancel)
    except redbook.Cancelled as cancelled:
        assert cancelled.disc_now, "what is on the disc was not said"
        print(cancelled.disc_now)
    else:
        raise AssertionError("it was not cancelled")
    # The track that was finished is whole, and the disc can be closed.
    redbook.close_disc(drive)
    info = redbook.disc_info(drive)
    assert info.disc.tracks[0].track_sectors == 12 * 75, info.disc.tracks
