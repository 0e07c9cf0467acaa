"""Burn an audio disc with progress, in the words of IMAPI2.

    python examples/imapi2/burn.py [--leave-open] FILE ...

FILE: sound files of any kind. A disc that is left open can take a further session.
"""

import sys

from redbook.imapi2 import AudioStream, Dispatch, DispatchWithEvents, com_error, constants

ACTIONS = {
    constants.IMAPI_FORMAT2_TAO_WRITE_ACTION_PREPARING: "preparing",
    constants.IMAPI_FORMAT2_TAO_WRITE_ACTION_WRITING: "writing",
    constants.IMAPI_FORMAT2_TAO_WRITE_ACTION_FINISHING: "finishing",
    constants.IMAPI_FORMAT2_TAO_WRITE_ACTION_VERIFYING: "verifying",
}


class Progress:
    def OnUpdate(self, writer, progress):
        done = progress.LastWrittenLba - progress.StartLba + 1
        percent = 100 * done // progress.SectorCount if progress.SectorCount else 100
        action = ACTIONS.get(progress.CurrentAction, "?")
        print(f"track {progress.CurrentTrackNumber}: {action} {percent:3} %, {progress.RemainingTime} s left")


def main(names: list[str]) -> None:
    leave_open = "--leave-open" in names
    names = [name for name in names if name != "--leave-open"]
    if not names:
        sys.exit("usage: burn.py [--leave-open] FILE ...")
    streams = [AudioStream(name) for name in names]  # all of them are read and checked before the burn

    recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(Dispatch("IMAPI2.MsftDiscMaster2").Item(0))
    writer = DispatchWithEvents("IMAPI2.MsftDiscFormat2TrackAtOnce", Progress)
    writer.Recorder = recorder
    writer.ClientName = "redbook example"
    writer.DoNotFinalizeMedia = leave_open
    writer.BurnVerificationLevel = constants.IMAPI_BURN_VERIFICATION_QUICK
    writer.ReadBackAudio = True  # redbook's own: compare every sector when the disc is closed

    writer.PrepareMedia()
    try:
        for name, stream in zip(names, streams, strict=True):
            print(name)
            writer.AddAudioTrack(stream)
        tracks = writer.NumberOfExistingTracks
    finally:
        writer.ReleaseMedia()  # also after an error: it closes the session and gives the drive back
    print(f"{tracks} tracks burned{', the disc is left open' if leave_open else ''}, read back and compared")
    recorder.EjectMedia()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except com_error as error:
        sys.exit(str(error))
