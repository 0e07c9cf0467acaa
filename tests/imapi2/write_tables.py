"""Write the tables of the documentation anew: python -m tests.imapi2.write_tables"""

from __future__ import annotations

import re

from redbook.imapi2.writer.state import diagram, markdown
from tests.imapi2.test_members import ROOT, table

HEAD = """# Every member of IMAPI2's audio side

Made by `python -m tests.imapi2.write_tables` from `redbook/imapi2/typelib/*_tables.py`; a test sees
that it is up to date and that no cell is empty. *Present* names the class, *tested* the number of checks
that the member's own test makes.

"""


def main() -> None:
    page = ROOT / "docs/imapi2.md"
    text = page.read_text(encoding="utf-8")
    text = text.replace("<!-- states -->", markdown()).replace("<!-- diagram -->", diagram())
    text = re.sub(r"\| call \| N .*?(?=\n\n)", lambda match: markdown(), text, flags=re.DOTALL)
    text = re.sub(r"stateDiagram-v2.*?(?=\n```)", lambda match: diagram(), text, flags=re.DOTALL)
    page.write_text(text, encoding="utf-8")
    (ROOT / "docs/imapi2-members.md").write_text(HEAD + table() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
