"""Cancel a track from the Update handler, and see what is on the disc then.

python examples/imapi2/cancel.py
"""

from redbook.imapi2 import Dispatch, MsftStreamZero, WithEvents, com_error, constants


class CancelInTheMiddle:
    def OnUpdate(self, writer, progress):
        # The first Update of WRITING comes before the first sector: cancelled there, the disc may stay blank.
        writing = progress.CurrentAction == constants.IMAPI_FORMAT2_TAO_WRITE_ACTION_WRITING
        if writing and progress.LastWrittenLba > progress.StartLba:
            print("cancelling")
            writer.CancelAddTrack()


def main() -> None:
    recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(Dispatch("IMAPI2.MsftDiscMaster2").Item(0))
    writer = Dispatch("IMAPI2.MsftDiscFormat2TrackAtOnce")
    writer.Recorder, writer.ClientName = recorder, "redbook example"

    silence = MsftStreamZero()
    silence.SetSize(60 * 44100 * 4)  # a minute
    writer.PrepareMedia()
    handler = WithEvents(writer, CancelInTheMiddle)
    try:
        writer.AddAudioTrack(silence)
    except com_error as error:
        if error.hresult != constants.E_IMAPI_REQUEST_CANCELLED:
            raise
        print(error)
    finally:
        handler.close()
        print(f"{writer.NumberOfExistingTracks} track(s), {writer.UsedSectorsOnMedia} sectors used")
        writer.ReleaseMedia()
    recorder.EjectMedia()


if __name__ == "__main__":
    main()
