"""Burn a disc without gaps that has ISRCs and a catalogue number: disc-at-once, in the words of IMAPI2.

    python examples/imapi2/gapless.py [--mcn NUMBER] FILE[=ISRC] ...

FILE: sound files of any kind, such as a concert in one piece a track. The last two seconds of each track's
sound are the pause of the next one, in which it goes on.
"""

import sys

from redbook.imapi2 import AudioStream, Dispatch, DispatchWithEvents, com_error, constants

WRITING = constants.IMAPI_FORMAT2_RAW_CD_WRITE_ACTION_WRITING


class Progress:
    def __init__(self):
        self.starts = []  # of each track, and of the lead-out

    def OnUpdate(self, writer, progress):
        if progress.CurrentAction != WRITING:
            return
        done = progress.LastWrittenLba
        track = sum(start <= done for start in self.starts)
        percent = 100 * (done - progress.StartLba + 1) // progress.SectorCount
        where = "lead-in" if not track else "lead-out" if track == len(self.starts) else f"track {track}"
        print(f"{percent:3} %, {where}, {progress.RemainingTime} s left")


def main(arguments: list[str]) -> None:
    creator = Dispatch("IMAPI2.MsftRawCDImageCreator")
    if arguments[:1] == ["--mcn"]:
        creator.MediaCatalogNumber = arguments[1]
        arguments = arguments[2:]
    if not arguments:
        sys.exit("usage: gapless.py [--mcn NUMBER] FILE[=ISRC] ...")

    recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(Dispatch("IMAPI2.MsftDiscMaster2").Item(0))
    writer = DispatchWithEvents("IMAPI2.MsftDiscFormat2RawCD", Progress)
    writer.Recorder = recorder
    writer.ClientName = "redbook example"
    writer.ReadBackAudio = True  # redbook's own: compare every sector at the end of WriteMedia

    for argument in arguments:
        name, _, isrc = argument.partition("=")
        index = creator.AddTrack(constants.IMAPI_CD_SECTOR_AUDIO, AudioStream(name))
        creator.TrackInfo(index).ISRC = isrc

    writer.PrepareMedia()
    try:
        creator.StartOfLeadoutLimit = (
            writer.LastPossibleStartOfLeadout
        )  # an error here is one before the burn
        tracks = [creator.TrackInfo(n + 1) for n in range(creator.NumberOfExistingTracks)]
        writer.starts = [*(track.StartingLba for track in tracks), creator.StartOfLeadout]
        writer.WriteMedia(creator.CreateResultImage())
    finally:
        writer.ReleaseMedia()
    for track in tracks:
        print(f"track {track.TrackNumber} from sector {track.StartingLba} on, ISRC {track.ISRC or 'none'}")
    print(f"{len(tracks)} tracks burned, read back and compared")
    recorder.EjectMedia()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except com_error as error:
        sys.exit(str(error))
