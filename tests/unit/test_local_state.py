import os
import stat

import pytest

from domain.errors import Misconfigured
from local.state import (
    DEPLOYMENT_SECRET_FILE,
    TOKEN_FILE,
    admin_token,
    deployment_secret,
    locked_state,
    stored_admin_token,
)


def test_the_folder_is_made_and_its_absolute_path_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with locked_state(tmp_path / "deep" / "state") as folder:
        assert folder == tmp_path / "deep" / "state"
        assert folder.is_dir()


def test_a_second_run_on_the_same_folder_is_refused_and_names_the_first(tmp_path):
    with locked_state(tmp_path), pytest.raises(Misconfigured) as refused, locked_state(tmp_path):
        pass
    assert f"process {os.getpid()}" in str(refused.value)
    assert str(tmp_path) in str(refused.value)


def test_the_folder_is_free_again_after_the_first_run(tmp_path):
    with locked_state(tmp_path):
        pass
    with locked_state(tmp_path):
        pass


def test_a_folder_that_can_not_be_written_is_refused_by_the_name_of_its_variable(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match=r"^STATE_DIR .* can't be written"), locked_state(tmp_path / "file" / "x"):
        pass


def test_secrets_are_made_once_and_only_their_owner_may_read_them(tmp_path):
    assert stored_admin_token(tmp_path) is None
    token, secret = admin_token(tmp_path), deployment_secret(tmp_path)
    assert (admin_token(tmp_path), deployment_secret(tmp_path)) == (token, secret)
    assert stored_admin_token(tmp_path) == token
    assert token.startswith("iet_")
    assert len(token) > 40
    assert len(secret) == 32
    for name in (TOKEN_FILE, DEPLOYMENT_SECRET_FILE):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path):
    tmp_path.chmod(0o755)
    with locked_state(tmp_path):
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_two_folders_have_different_secrets(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert admin_token(tmp_path / "a") != admin_token(tmp_path / "b")
    assert deployment_secret(tmp_path / "a") != deployment_secret(tmp_path / "b")
