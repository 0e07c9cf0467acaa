"""Show every recorder and what it can do, as IMAPI2 tells it.

python examples/imapi2/list_recorders.py
"""

from redbook.imapi2 import Dispatch, com_error, constants

MEDIA = {
    constants.IMAPI_MEDIA_TYPE_CDROM: "CD-ROM",
    constants.IMAPI_MEDIA_TYPE_CDR: "CD-R",
    constants.IMAPI_MEDIA_TYPE_CDRW: "CD-RW",
}


def show(unique_id: str) -> None:
    recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(unique_id)
    print(f"{recorder.VendorId} {recorder.ProductId} {recorder.ProductRevision}  ({unique_id})")
    print(f"  at {', '.join(recorder.VolumePathNames)}, number {recorder.LegacyDeviceNumber}")
    owner = recorder.ExclusiveAccessOwner
    if owner:
        print(f"  in use by {owner}")
        return
    print("  features", " ".join(f"{feature:04X}" for feature in recorder.SupportedFeaturePages))
    print("  profiles", " ".join(f"{profile:04X}" for profile in recorder.SupportedProfiles))

    writer = Dispatch("IMAPI2.MsftDiscFormat2TrackAtOnce")
    if not writer.IsRecorderSupported(recorder):
        print("  cannot write audio tracks")
        return
    writer.Recorder = recorder
    try:
        kind = MEDIA.get(writer.CurrentPhysicalMediaType, "another disc")
        blank = "blank" if writer.MediaPhysicallyBlank else "not blank"
        print(f"  holds a {kind}, {blank}")
        speeds = ", ".join(f"{d.WriteSpeed / 75:g}x" for d in writer.SupportedWriteSpeedDescriptors)
        print(f"  writes at {speeds}; now {writer.CurrentWriteSpeed / 75:g}x")
    except com_error as error:
        print(f"  {error}")


def main() -> None:
    master = Dispatch("IMAPI2.MsftDiscMaster2")
    print(f"{master.Count} recorder{'s' if master.Count != 1 else ''}")
    for unique_id in master:
        show(unique_id)


if __name__ == "__main__":
    main()
