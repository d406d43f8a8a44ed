"""Settings: where they come from, which one counts, and what is said of those that are wrong."""

from pathlib import Path

import pytest

from laneway_server.config import ConfigInvalid, load
from laneway_server.settings import Settings

USABLE = {"demo": True}


def refused(**sources) -> tuple[str, ...]:
    with pytest.raises(ConfigInvalid) as invalid:
        load(**sources)
    return invalid.value.mistakes


def written(folder: Path, text: str) -> Path:
    file = folder / "laneway.yaml"
    file.write_text(text)
    return file


def test_the_last_word_counts(tmp_path: Path):
    file = written(tmp_path, "demo: true\nlisten: 127.0.0.1:1\nmax_body: 1\nmax_depth: 10\n")
    environ = {"LANEWAY_LISTEN": "127.0.0.1:2", "LANEWAY_MAX_BODY": "2", "LANEWAY_SERVER": "x"}
    settings = load(file, environ, {"listen": "127.0.0.1:3", "max_body": None})
    assert settings.address == ("127.0.0.1", 3)
    assert (settings.max_body, settings.max_depth) == (2, 10)


def test_every_setting_has_a_default_and_can_be_said_in_the_environment():
    environ = {"LANEWAY_DEMO": "true", "LANEWAY_DRAIN_GRACE": "2m", "LANEWAY_LOG_FORMAT": ""}
    settings = load(environ=environ)
    assert (settings.demo, settings.grace, settings.log_format) == (True, 120_000, "auto")
    assert settings == Settings(demo=True, drain_grace="2m")


def test_paths_in_a_file_are_relative_to_it(tmp_path: Path):
    text = "open_access: true\ntargets: lanes.yaml\nplans: /srv/plans\n"
    settings = load(written(tmp_path, text), flags={"database": "here.db"})
    assert settings.targets == str(tmp_path / "lanes.yaml")
    assert (settings.plans, settings.database) == ("/srv/plans", "here.db")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("demo: true\nlisen: x\n", ":2: lisen: there is no such setting; did you mean 'listen'?"),
        ("max_body: much\ndemo: true\n", ":1: max_body: expected `int`, got `str`"),
        ("demo: true\nmax_body: 0\n", ":2: max_body: expected `int` >= 1"),
        ("drain_grace: soon\n", ":1: drain_grace: expected `str` matching regex"),
        ("demo: true\ndemo: false\n", ":2:1: "),
        ("- demo\n", "must hold settings"),
        ("", ":1:1: the file is empty"),
    ],
)
def test_a_mistake_in_a_file_is_named_at_its_line(tmp_path: Path, text: str, said: str):
    file = written(tmp_path, text)
    (mistake,) = refused(file=file)
    assert mistake.startswith(str(file))
    assert said in mistake


def test_mistakes_elsewhere_name_where_they_were_made():
    environ = {"LANEWAY_MAX_STREAMS": "many", "LANEWAY_DEMO": "perhaps"}
    said = refused(environ=environ, flags={"log_level": "loud", "nonsense": 1})
    assert len(said) == 4
    names = [mistake.partition(":")[0] for mistake in said]
    assert sorted(names) == ["--log-level", "--nonsense", "LANEWAY_DEMO", "LANEWAY_MAX_STREAMS"]


def test_a_file_that_cannot_be_read(tmp_path: Path):
    (missing,) = refused(file=tmp_path / "missing.yaml")
    assert "cannot be read" in missing
    file = tmp_path / "binary.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    assert refused(file=file) == (f"{file}: is not UTF-8",)


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:80", "::1", 80), ("localhost:9", "localhost", 9)],
)
def test_addresses(listen: str, host: str, port: int):
    assert load(flags={**USABLE, "listen": listen}).address == (host, port)


@pytest.mark.parametrize("listen", ["", "localhost", ":80", "127.0.0.1:x", "127.0.0.1:65536"])
def test_what_is_no_address(listen: str):
    (said,) = refused(flags={**USABLE, "listen": listen})
    assert "is not HOST:PORT" in said


@pytest.mark.parametrize("access", [{"demo": True}, {"open_access": True, "targets": "t.yaml"}])
@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "[::]", "laneway.example"])
def test_open_access_is_for_loopback_only(access, host: str):
    (said,) = refused(flags={**access, "listen": f"{host}:8080"})
    assert "can be reached from other machines" in said


def test_nobody_serves_without_saying_who_may_call():
    (said,) = refused(flags={"targets": "t.yaml"})
    assert "--open-access" in said
    assert "--demo" in said


def test_a_server_has_target_records_of_one_kind():
    (without,) = refused(flags={"open_access": True})
    assert "--targets" in without
    (both,) = refused(flags={"demo": True, "targets": "t.yaml"})
    assert "--targets" in both
