import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from gridgeo.db.dsn import Dsn

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
SECRET = Dsn.of(host="127.0.0.1", port=5432, user="me", password="s3cr3t", dbname="city")


@given(TEXTS, TEXTS, TEXTS)
def test_what_goes_into_a_dsn_is_what_the_driver_reads(user: str, password: str, name: str) -> None:
    parts = {"user": user, "password": password, "dbname": name, "host": "h", "port": "1"}
    assert conninfo_to_dict(Dsn.of(**parts)) == parts
    assert Dsn.parse(Dsn.of(**parts)) == Dsn.of(**parts)


@pytest.mark.parametrize(
    "conninfo",
    ["host=/run/pg dbname=x", "host=a,b port=1,2 dbname=x", "postgresql://", "host=::1 user=u",
     "dbname=x sslmode=require options='-c a=b'"],
)  # fmt: skip
def test_any_conninfo_keeps_its_meaning(conninfo: str) -> None:
    assert Dsn.parse(conninfo).parameters == conninfo_to_dict(conninfo)


def test_no_way_of_showing_a_dsn_shows_its_password(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("connecting to %s, %r", SECRET, SECRET)
    shown = [str(SECRET), repr(SECRET), f"{SECRET} {SECRET:>9}", repr({"dsn": SECRET}), caplog.text]
    assert all("s3cr3t" not in text and "***" in text for text in shown)


def test_json_and_the_driver_get_the_password() -> None:
    assert "s3cr3t" in json.loads(json.dumps(SECRET))
    assert conninfo_to_dict(SECRET)["password"] == "s3cr3t"


def test_settings_of_sessions_add_up() -> None:
    dsn = SECRET.with_settings(role="gridgeo_app").with_settings(statement_timeout=5, a="b c")
    assert dsn.parameters["options"] == "-c role=gridgeo_app -c statement_timeout=5 -c a=b\\ c"
