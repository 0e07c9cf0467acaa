"""What comtypes generates from the type library of IMAPI2: interfaces, classes and constants by name."""

from ctypes import Structure

from redbook.imapi2.pywintypes import IID
from redbook.imapi2.typelib.enumerations import ENUMERATIONS
from redbook.imapi2.typelib.interfaces import CLASSES, INTERFACES

# A Structure, so that ctypes.POINTER takes it: scripts let SHCreateStreamOnFileEx fill such a pointer.
_made: dict[str, object] = {
    name: type(name, (Structure,), {"__doc__": f"Stands for {name}.", "_iid_": IID(known.iid)})
    for name, known in INTERFACES.items()
}
_made |= {
    name: type(
        name,
        (),
        {
            "__doc__": f"Stands for the class {name}, for CreateObject.",
            "_reg_clsid_": IID(known.clsid),
            "_com_interfaces_": [_made[interface] for interface in known.interfaces],
            "_outgoing_interfaces_": [_made[known.events]] if known.events else [],
        },
    )
    for name, known in CLASSES.items()
}
_made |= {name: int(value) for kind in ENUMERATIONS for name, value in kind.__members__.items()}
globals().update(_made)


def __getattr__(name: str) -> object:
    """Called only if there is no such name; it is here for type checkers."""
    raise AttributeError(f"IMAPI2 has no {name!r} here")
