from typing import get_type_hints

import pytest

from gridgeo.settings import Secret, Settings, SettingsError, load_settings


def test_every_setting_is_described() -> None:
    types = get_type_hints(Settings, include_extras=True).values()
    assert all(described.__metadata__[0].description for described in types)


def test_environment_and_overrides_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDGEO_PORT", "8123")
    assert load_settings().port == 8123
    assert load_settings(port=9000).port == 9000


@pytest.mark.parametrize(
    ("name", "value"),
    [("GRIDGEO_PORT", "abc"), ("GRIDGEO_PORT", "70000"), ("GRIDGEO_LOG_LEVEL", "loud"),
     ("GRIDGEO_POOL_TIMEOUT_S", "-1")],
)  # fmt: skip
def test_wrong_setting_is_named_with_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name}='{value}'") as caught:
        load_settings()
    assert (caught.value.key, caught.value.value) == (name, value)


def test_choices_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDGEO_LOG_FORMAT", "xml")
    with pytest.raises(SettingsError, match="choose one of json, console"):
        load_settings()


def test_unknown_setting_is_named_with_the_nearest_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDGEO_PROT", "8000")
    with pytest.raises(SettingsError, match="did you mean GRIDGEO_PORT"):
        load_settings()


def test_settings_show_no_password() -> None:
    settings = load_settings(database_url="postgresql://me:s3cr3t@h/d", app_dsn=Secret("s3cr3t"))
    assert "s3cr3t" not in f"{settings!r} {settings}"
