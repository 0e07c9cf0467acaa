"""The commands that play a disc, and report where the laser is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redbook.mmc import playback, sense
from redbook.mmc.command import Command
from redbook.mmc.playback import SubChannelData, SubChannelFormat
from redbook.virtual import reading
from redbook.virtual.commands import disc_answers
from redbook.virtual.habits import IsrcAnswer
from redbook.virtual.mechanism import Mechanism
from redbook.virtual.medium import Medium
from redbook.virtual.playing import Player
from redbook.virtual.refused import Refused


class PlayCommands:
    """handlers  by class of command"""

    def __init__(self, mechanism: Mechanism) -> None:
        self._mechanism = mechanism
        self._player = Player(mechanism.clock)
        self._isrc_asked = (0, 0)  # after which loading of a disc, and of which track
        self.handlers: dict[type[Command[Any]], Callable[[Any], bytes | None]] = {
            playback.PlayAudio10: self._play_audio,
            playback.PlayAudio12: self._play_audio,
            playback.PlayAudioMsf: self._play_audio_msf,
            playback.PauseResume: self._pause_resume,
            playback.StopPlayScan: lambda _: self.stop(),
            playback.Seek10: lambda command: self._player.stop(self._playable(command.lba)),
            playback.ReadSubChannel: self._read_sub_channel,
        }

    def stop(self) -> None:
        """The laser stays where it is."""
        self._player.stop(self._player.lba)

    def rest(self) -> None:
        """The laser goes back to the start: the disc is a different one, or the drive was off."""
        self._player.stop(0)

    def _playable(self, lba: int) -> int:
        """raises  Refused 5/21/00, 5/24/00  if there is nothing to play"""
        medium = self._mechanism.require_disc()
        if not 0 <= lba < medium.toc().lead_out_lba:
            raise Refused(sense.ILLEGAL, 0x21, 0, lba)
        return lba

    def _audible(self, lba: int, end_lba: int) -> int:
        """Where playing from there ends: where data begin, if not before.

        raises  Refused 5/64/00  if there are data
        """
        medium = self._mechanism.require_disc()
        if medium.data_mode(lba):
            raise Refused(sense.ILLEGAL, 0x64, 0, lba)
        data = medium.first_of_another_kind(lba, end_lba, (0,))
        return end_lba if data is None else data

    def _play_audio(self, command: playback.PlayAudio10) -> None:
        self._play(self._player.lba if command.lba == -1 else command.lba, command.sectors)

    def _play_audio_msf(self, command: playback.PlayAudioMsf) -> None:
        start = self._player.lba if command.start is None else command.start.lba
        sectors = command.end.lba - start
        if sectors < 0:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        self._play(start, sectors)

    def _play(self, lba: int, sectors: int) -> None:
        if sectors:
            self._playable(lba + sectors - 1)
        self._player.play(self._playable(lba), self._audible(lba, lba + sectors))

    def _pause_resume(self, command: playback.PauseResume) -> None:
        if not (self._player.resume() if command.resume else self._player.pause()):
            raise Refused(sense.ILLEGAL, 0x2C, 0)

    def _read_sub_channel(self, command: playback.ReadSubChannel) -> bytes:
        medium = self._mechanism.require_disc()
        status = self._player.take_status()
        data = SubChannelData(status)
        if command.format is SubChannelFormat.POSITION:
            position = None
            if medium.state.sessions:
                position = reading.Places(medium.state).position(self._player.lba)
            data = SubChannelData(status, position or playback.Position(1, 0, 0, 0, 0, 0))
        elif command.format is SubChannelFormat.MCN:
            data = SubChannelData(status, None, disc_answers.mcn(medium))
        elif command.format is SubChannelFormat.ISRC:
            data = SubChannelData(status, None, self._isrc(medium, command.track), command.track)
        return command.build_reply(data)

    def _isrc(self, medium: Medium, track: int) -> str:
        """As the model tells it.  raises  Refused 5/24/00  if there is no such track"""
        true = disc_answers.isrc(medium, track)
        answer, (loads, before) = self._mechanism.model.isrc_answer, self._isrc_asked
        self._isrc_asked = (self._mechanism.loads, track)
        if answer is IsrcAnswer.STALE and loads == self._mechanism.loads:
            return true if medium.track(before) is None else disc_answers.isrc(medium, before)
        if answer is IsrcAnswer.LATE:
            return "" if medium.track(track - 1) is None else disc_answers.isrc(medium, track - 1)
        return true
