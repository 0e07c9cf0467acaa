"""Ask about the disc before burning audio to it, as many Windows programs do, and burn if it is fit for it.

python examples/imapi2/ask_about_the_disc.py FILE ...
"""

import sys

from redbook.imapi2 import AudioStream, Dispatch, com_error, constants

STATES = {
    constants.IMAPI_FORMAT2_DATA_MEDIA_STATE_BLANK: "blank",
    constants.IMAPI_FORMAT2_DATA_MEDIA_STATE_APPENDABLE: "open for another session",
    constants.IMAPI_FORMAT2_DATA_MEDIA_STATE_DAMAGED: "damaged",
    constants.IMAPI_FORMAT2_DATA_MEDIA_STATE_ERASE_REQUIRED: "to be erased first",
    constants.IMAPI_FORMAT2_DATA_MEDIA_STATE_NON_EMPTY_SESSION: "with a session that was not closed",
    constants.IMAPI_FORMAT2_DATA_MEDIA_STATE_FINALIZED: "finished",
    constants.IMAPI_FORMAT2_DATA_MEDIA_STATE_UNSUPPORTED_MEDIA: "no recordable CD",
}


def ask(recorder) -> int:
    """Print what there is to know of the disc; gives the sectors that are free for audio."""
    disc = Dispatch("IMAPI2.MsftDiscFormat2Data")
    disc.Recorder = recorder
    state = disc.CurrentMediaStatus
    print("the disc is", ", ".join(words for bit, words in STATES.items() if state & bit))
    if not disc.IsCurrentMediaSupported(recorder) or not disc.MediaPhysicallyBlank:
        return 0
    free = disc.FreeSectorsOnMedia
    print(f"{free // 75 // 60}:{free // 75 % 60:02} of audio fit, from sector {disc.NextWritableAddress} on")
    print("at", ", ".join(f"{speed // 75}x" for speed in disc.SupportedWriteSpeeds))
    return free


def main(paths: list[str]) -> int:
    recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(Dispatch("IMAPI2.MsftDiscMaster2").Item(0))
    free = ask(recorder)
    if not free:
        print("insert a blank CD-R or CD-RW")
        return 1
    writer = Dispatch("IMAPI2.MsftDiscFormat2TrackAtOnce")
    writer.Recorder, writer.ClientName = recorder, "ask_about_the_disc.py"
    writer.PrepareMedia()
    try:
        for path in paths:
            with AudioStream(path) as stream:
                writer.AddAudioTrack(stream)
    finally:
        writer.ReleaseMedia()
    print("tracks burned:", len(paths))
    ask(recorder)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except com_error as error:
        sys.exit(str(error))
