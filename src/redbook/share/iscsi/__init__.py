"""An iSCSI target: recorders as the logical units of one target, for any initiator.

Source throughout: RFC 7143. The protocol knows no sockets: `connection` takes PDUs and gives bytes to send
and commands to execute; only `portal` has sockets and threads.

What is offered: one connection a session, error recovery level 0, CHAP, digests, immediate and
solicited data. Not offered: markers, RDMA, recovery within a connection, bidirectional commands.
"""

from __future__ import annotations

DEFAULT_NAME = "iqn.2026-11.example.redbook:recorder"
"""The target's, if it gets no other."""
