"""The login phase: who the initiator is, and what is agreed.  Source: RFC 7143 6.3, 13.

Each request is one step: a LoginRequest with its text goes in, the answer with its own text comes out.
"""

from __future__ import annotations

import dataclasses
import logging
import secrets
from collections.abc import Callable
from dataclasses import field

from redbook.records import dataclass
from redbook.share.iscsi import text
from redbook.share.iscsi.answers import LoginResponse, LoginStatus
from redbook.share.iscsi.chap import ChapError, ChapServer
from redbook.share.iscsi.pdu import Numbers, sn_after
from redbook.share.iscsi.requests import LoginRequest
from redbook.share.iscsi.target import PORTAL_GROUP, Target
from redbook.share.iscsi.text import TextError, Value

_log = logging.getLogger(__name__)

SECURITY, OPERATIONAL, FULL_FEATURE = 0, 1, 3
_NEXT_STAGES = {SECURITY: (OPERATIONAL, FULL_FEATURE), OPERATIONAL: (FULL_FEATURE,)}
_MOST_STEPS = 32
"""CHAP takes four steps, and nobody needs many more for 16 KiB of text."""
MOST_LOGIN_DATA_BYTES = 8192
"""How much a PDU of a login may carry, as nothing else has been agreed yet.  Source: RFC 7143 13.12."""

_NAMES = ("InitiatorName", "TargetName", "SessionType", "InitiatorAlias")


@dataclass(slots=True)
class Terms:
    """What was agreed for a session.

    max_send_bytes  the most data that the initiator takes in one PDU
    """

    initiator: str
    isid: bytes
    tsih: int
    connection_id: int
    discovery: bool
    cmd_sn: int
    stat_sn: int
    header_digest: bool = False
    data_digest: bool = False
    initial_r2t: bool = True
    immediate_data: bool = True
    max_send_bytes: int = 8192
    max_burst_bytes: int = 262_144
    first_burst_bytes: int = 65_536


class LoginRefused(Exception):
    def __init__(self, status: LoginStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclasses.dataclass
class Login:
    """One connection's login.

    terms    what was agreed; None until the end
    refused  whether the last answer was a refusal: then the connection is no longer usable
    """

    target: Target
    window: int
    random: Callable[[int], bytes] = secrets.token_bytes
    terms: Terms | None = None
    refused: bool = False
    _stage: int | None = None
    _steps: int = 0
    _stat_sn: int = 0
    _cmd_sn: int = 0
    _isid: bytes = bytes(6)
    _pending: bytearray = field(default_factory=bytearray)
    _names: dict[str, str] = field(default_factory=dict)
    _agreed: dict[str, Value] = field(default_factory=dict)
    _introduced: bool = False
    _declared: bool = False
    _authenticated: bool = False
    _chap: ChapServer | None = None

    def receive(self, request: LoginRequest, data: bytes) -> tuple[LoginResponse, bytes]:
        """The answer to one request, and the answer's text."""
        try:
            return self._step(request, data)
        except LoginRefused as refused:
            status, why = refused.status, str(refused)
        except ChapError as error:
            status, why = LoginStatus.AUTHENTICATION_FAILED, str(error)
        except TextError as error:
            status, why = LoginStatus.INITIATOR_ERROR, str(error)
        self.refused = True
        _log.warning("login of %s refused: %s", self._names.get("InitiatorName", "an initiator"), why)
        return self._response(request, status=status), b""

    def _step(self, request: LoginRequest, data: bytes) -> tuple[LoginResponse, bytes]:
        self._check_header(request)
        self._pending += data
        if len(self._pending) > text.MOST_LOGIN_TEXT_BYTES:
            raise LoginRefused(LoginStatus.OUT_OF_RESOURCES, "too much text")
        if request.continued:
            return self._response(request), b""
        keys = text.parse(bytes(self._pending))
        self._pending.clear()
        reply = self._answer(keys)
        self._check_names()
        transit = request.transit and self._may_go_on()
        if transit:
            self._stage = request.next_stage
        answer = text.build((reply | self._declarations(request.stage)).items())
        if len(answer) > MOST_LOGIN_DATA_BYTES:
            raise LoginRefused(LoginStatus.INITIATOR_ERROR, "it sent more keys than can be answered")
        if self._stage == FULL_FEATURE:
            self.terms = self._terms(request)
        return self._response(request, transit), answer

    # What a request must be

    def _check_header(self, request: LoginRequest) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise LoginRefused(LoginStatus.INITIATOR_ERROR, "the login takes too many steps")
        if self._stage is None:
            self._begin(request)
        elif request.isid != self._isid:
            raise LoginRefused(LoginStatus.INITIATOR_ERROR, "the ISID changed")
        if request.stage != self._stage:
            raise LoginRefused(LoginStatus.INVALID_DURING_LOGIN, f"stage {request.stage} is out of order")
        if request.stage == OPERATIONAL and self.target.credentials is not None and not self._authenticated:
            raise LoginRefused(LoginStatus.AUTHENTICATION_FAILED, "it did not prove its identity")
        if request.transit and (request.continued or request.next_stage not in _NEXT_STAGES[request.stage]):
            raise LoginRefused(
                LoginStatus.INITIATOR_ERROR,
                f"a login cannot go from stage {request.stage} to {request.next_stage}",
            )

    def _begin(self, request: LoginRequest) -> None:
        self._isid, self._cmd_sn = request.isid, request.cmd_sn
        if request.version_min > 0:
            raise LoginRefused(
                LoginStatus.UNSUPPORTED_VERSION,
                f"it wants version {request.version_min} or later, and only version 0 is supported",
            )
        if request.tsih:
            raise LoginRefused(
                LoginStatus.NO_SUCH_SESSION, "a second connection to a session is not possible"
            )
        if request.stage not in _NEXT_STAGES:
            raise LoginRefused(
                LoginStatus.INVALID_DURING_LOGIN, f"a login cannot begin in stage {request.stage}"
            )
        self._stage = request.stage

    def _check_names(self) -> None:
        """Check at the end of the first batch of keys who the initiator is, and what it wants."""
        if not self._names.get("InitiatorName"):
            raise LoginRefused(LoginStatus.MISSING_PARAMETER, "no InitiatorName")
        kind = self._names.get("SessionType", "Normal")
        if kind not in ("Normal", "Discovery"):
            raise LoginRefused(LoginStatus.SESSION_TYPE_NOT_SUPPORTED, f"SessionType={kind[:60]}")
        wanted = self._names.get("TargetName")
        if wanted is None and kind == "Normal":
            raise LoginRefused(LoginStatus.MISSING_PARAMETER, "no TargetName")
        if wanted is not None and wanted.lower() != self.target.name.lower():
            raise LoginRefused(LoginStatus.TARGET_NOT_FOUND, f"there is no target {wanted[:223]} here")

    # Keys

    def _answer(self, keys: dict[str, str]) -> dict[str, str]:
        reply: dict[str, str] = {}
        proofs = {key: keys.pop(key) for key in list(keys) if key.startswith("CHAP_")}
        for name, offered in keys.items():
            if name in _NAMES:
                self._name(name, offered)
            elif name == "AuthMethod":
                reply[name] = self._choose_method(offered)
            elif offered not in (text.NOT_UNDERSTOOD, text.IRRELEVANT, text.REJECT):
                reply |= self._negotiate(name, offered)
        if proofs:
            reply |= self._prove(proofs)
        return reply

    def _name(self, name: str, value: str) -> None:
        if self._names.setdefault(name, value) != value:
            raise TextError(f"{name} changed")

    def _negotiate(self, name: str, offered: str) -> dict[str, str]:
        if name in self._agreed:
            raise TextError(f"{name} is negotiated again")
        answer, value = text.answer(name, offered)
        if value is not None:
            self._agreed[name] = value
        return {} if answer is None else {name: answer}

    def _choose_method(self, offered: str) -> str:
        if self._stage != SECURITY or self._chap is not None or self._authenticated:
            raise TextError("AuthMethod is not allowed here")
        credentials = self.target.credentials
        wanted = "None" if credentials is None else "CHAP"
        if wanted not in offered.split(","):
            raise LoginRefused(LoginStatus.AUTHENTICATION_FAILED, f"{wanted} is not among {offered[:60]}")
        if credentials is None:
            self._authenticated = True
        else:
            self._chap = ChapServer(credentials, self.random)
        return wanted

    def _prove(self, proofs: dict[str, str]) -> dict[str, str]:
        if self._chap is None or self._stage != SECURITY:
            raise ChapError("CHAP was not agreed upon")
        reply = self._chap.answer(proofs)
        self._authenticated = self._chap.done
        return reply

    def _may_go_on(self) -> bool:
        """Whether the target is ready for the next stage, too."""
        if self._stage != SECURITY or self._authenticated:
            return True
        if self._chap is not None:
            return False  # the initiator's proof is still to come
        if self.target.credentials is not None:
            raise LoginRefused(LoginStatus.AUTHENTICATION_FAILED, "it did not offer CHAP")
        return True

    # Answers

    def _declarations(self, stage: int) -> dict[str, str]:
        """Keys sent unasked: the portal group at once (RFC 7143 13.9), our limit when limits are due."""
        declared: dict[str, str] = {}
        if not self._introduced and self._names.get("SessionType") != "Discovery":
            declared["TargetPortalGroupTag"] = str(PORTAL_GROUP)
        if not self._declared and stage == OPERATIONAL:
            declared["MaxRecvDataSegmentLength"] = str(text.RECEIVED_DATA_SEGMENT_BYTES)
        self._introduced = True
        self._declared = self._declared or stage == OPERATIONAL
        return declared

    def _response(
        self, request: LoginRequest, transit: bool = False, status: LoginStatus = LoginStatus.SUCCESS
    ) -> LoginResponse:
        numbers = Numbers(self._stat_sn, self._cmd_sn, sn_after(self._cmd_sn, self.window - 1))
        self._stat_sn = sn_after(self._stat_sn)
        tsih = self.terms.tsih if self.terms is not None else request.tsih
        stages = request.stage, request.next_stage if transit else 0
        return LoginResponse(request.task_tag, request.isid, tsih, numbers, *stages, transit, status=status)

    def _terms(self, request: LoginRequest) -> Terms:
        def agreed(name: str) -> int:
            value = self._agreed.get(name, text.KEYS[name].default)
            return int(value)

        most = agreed("MaxBurstLength")
        return Terms(
            initiator=self._names["InitiatorName"],
            isid=self._isid,
            tsih=self.target.new_handle(),
            connection_id=request.connection_id,
            discovery=self._names.get("SessionType") == "Discovery",
            cmd_sn=self._cmd_sn,
            stat_sn=sn_after(self._stat_sn),  # after the answer that ends the login
            header_digest=self._agreed.get("HeaderDigest") == "CRC32C",
            data_digest=self._agreed.get("DataDigest") == "CRC32C",
            initial_r2t=bool(agreed("InitialR2T")),
            immediate_data=bool(agreed("ImmediateData")),
            max_send_bytes=agreed("MaxRecvDataSegmentLength"),
            max_burst_bytes=most,
            first_burst_bytes=min(agreed("FirstBurstLength"), most),
        )
