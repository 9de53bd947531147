import pytest

from gridgeo.settings import Settings, SettingsError, load_settings


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


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


def test_unknown_setting_is_named_with_the_nearest_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDGEO_PROT", "8000")
    with pytest.raises(SettingsError, match="did you mean GRIDGEO_PORT"):
        load_settings()


def test_settings_show_no_password() -> None:
    settings = Settings(database_url="postgresql://me:s3cr3t@h/d", app_dsn="postgresql://s3cr3t")
    assert "s3cr3t" not in f"{settings!r} {settings}"
