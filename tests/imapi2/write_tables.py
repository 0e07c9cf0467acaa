"""Write the tables of the documentation anew: python -m tests.imapi2.write_tables"""

from __future__ import annotations

import re

from redbook.imapi2.raw.creator_state import CREATOR_TABLE, CreatorState
from redbook.imapi2.writer.state import RAW_TABLE, TABLE, diagram, markdown
from tests.imapi2.test_members import ROOT, table

HEAD = """# Every member of IMAPI2's audio side

Made by `python -m tests.imapi2.write_tables` from `redbook/imapi2/typelib/*_tables.py`; a test sees
that it is up to date and that no cell is empty. *Present* names the class, *tested* the number of checks
that the member's own test makes.

"""


STATES = {
    "track-at-once": markdown(TABLE),
    "disc-at-once": markdown(RAW_TABLE),
    "creator": markdown(CREATOR_TABLE, CreatorState),
}


def main() -> None:
    page = ROOT / "docs/imapi2.md"
    text = page.read_text(encoding="utf-8")
    for name, states in STATES.items():
        text = re.sub(
            rf"(?<=<!-- states: {name} -->\n)\| call .*?(?=\n\n)",
            lambda match, states=states: states,  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    text = re.sub(r"stateDiagram-v2.*?(?=\n```)", lambda match: diagram(TABLE), text, flags=re.DOTALL)
    page.write_text(text, encoding="utf-8")
    (ROOT / "docs/imapi2-members.md").write_text(HEAD + table() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
