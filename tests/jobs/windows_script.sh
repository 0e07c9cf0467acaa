# A script for Windows, written with pywin32: it has to run as it is.
# needs: sox
set -euo pipefail
sox -n -r 44100 -b 16 -c 2 song.wav synth 6 sine 440 gain -6

cat >burn_on_windows.py <<'SCRIPT'
import sys
import pythoncom
import win32com.client
from win32com.client import constants

class Events:
    def OnUpdate(self, sender, progress):
        print("track", progress.CurrentTrackNumber, progress.LastWrittenLba)

master = win32com.client.Dispatch("IMAPI2.MsftDiscMaster2")
recorder = win32com.client.Dispatch("IMAPI2.MsftDiscRecorder2")
recorder.InitializeDiscRecorder(master.Item(0))
print(recorder.VendorId, recorder.ProductId)

writer = win32com.client.DispatchWithEvents("IMAPI2.MsftDiscFormat2TrackAtOnce", Events)
writer.Recorder = recorder
writer.ClientName = "burn_on_windows"
writer.PrepareMedia()
stream = win32com.client.Dispatch("ADODB.Stream")
stream.Type = 1
stream.Open()
stream.LoadFromFile("song.pcm")
writer.AddAudioTrack(stream)
writer.ReleaseMedia()
print("done")
SCRIPT
sox song.wav -t raw song.pcm

python -m redbook.imapi2 burn_on_windows.py >said.txt
grep -qx done said.txt
grep -q '^track 1 ' said.txt
redbook disc list | grep -q 'complete, 1 track'
