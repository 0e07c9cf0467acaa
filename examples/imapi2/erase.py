"""Erase a CD-RW with progress.

    python examples/imapi2/erase.py [RECORDER]

RECORDER: a unique id, or virtual:PATH; the first recorder if left out. (`redbook disc insert --type
cd-rw` puts a CD-RW into the virtual recorder that IMAPI2 scripts use.)
"""

import sys

from redbook.imapi2 import Dispatch, DispatchWithEvents, com_error


class Progress:
    def OnUpdate(self, eraser, elapsed, total):
        print(f"{elapsed} of about {total} s")


def main(names: list[str]) -> None:
    recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(names[0] if names else Dispatch("IMAPI2.MsftDiscMaster2").Item(0))
    eraser = DispatchWithEvents("IMAPI2.MsftDiscFormat2Erase", Progress)
    eraser.Recorder = recorder
    eraser.ClientName = "redbook example"
    if not eraser.IsCurrentMediaSupported(recorder):
        sys.exit("the disc is no CD-RW; insert one")
    eraser.FullErase = False
    eraser.EraseMedia()
    print(f"erased; blank: {eraser.MediaPhysicallyBlank}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except com_error as error:
        sys.exit(str(error))
