"""What `make fuzz` begins with keeps its rules, so that a run finds news and no harness that has aged."""

from __future__ import annotations

import pytest

from tests.fuzz import ddp, recorder, replies, sheets, sound, texts, toc_files


@pytest.mark.parametrize("seed", recorder.SEEDS, ids=range(len(recorder.SEEDS)))
def test_commands_from_a_seed_keep_every_rule(seed: bytes) -> None:
    recorder.one(seed)


@pytest.mark.parametrize("seed", texts.SEEDS, ids=range(len(texts.SEEDS)))
def test_texts_from_a_seed_keep_every_rule(seed: bytes) -> None:
    texts.one(seed)


@pytest.mark.parametrize("seed", replies.SEEDS, ids=range(len(replies.SEEDS)))
def test_answers_from_a_seed_keep_every_rule(seed: bytes) -> None:
    replies.one(seed)


@pytest.mark.parametrize("seed", toc_files.SEEDS, ids=range(len(toc_files.SEEDS)))
def test_toc_files_from_a_seed_keep_every_rule(seed: bytes) -> None:
    toc_files.one(seed)


@pytest.mark.parametrize("seed", sheets.SEEDS, ids=range(len(sheets.SEEDS)))
def test_sheets_from_a_seed_keep_every_rule(seed: bytes) -> None:
    sheets.one(seed)


@pytest.mark.parametrize("seed", sound.CONTAINER_SEEDS, ids=range(len(sound.CONTAINER_SEEDS)))
def test_sound_files_from_a_seed_keep_every_rule(seed: bytes) -> None:
    sound.one_container(seed)


@pytest.mark.parametrize("seed", sound.PLAYLIST_SEEDS, ids=range(len(sound.PLAYLIST_SEEDS)))
def test_playlists_from_a_seed_keep_every_rule(seed: bytes) -> None:
    sound.one_playlist(seed)


@pytest.mark.parametrize("seed", ddp.SEEDS, ids=range(len(ddp.SEEDS)))
def test_ddp_sets_from_a_seed_keep_every_rule(seed: bytes) -> None:
    ddp.one(seed)
