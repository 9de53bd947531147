"""Connection strings whose password only the driver gets to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict


class Dsn(str):
    """A PostgreSQL connection URI.

    It is a `str` for the driver and for JSON; `repr`, `str` and formatting, and so every log line
    and traceback, show `***` for the password.
    """

    __slots__ = ()

    @classmethod
    def of(cls, **parameters: str | int | None) -> Self:
        """Build it from libpq's connection parameters (host, port, user, password, dbname ...)."""
        return cls(_uri({key: str(v) for key, v in parameters.items() if v is not None}))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Build it from a URI or a `key=value` string.

        Raises
        ------
        psycopg.ProgrammingError
            If libpq cannot read it.
        """
        return cls.of(**conninfo_to_dict(text))

    @property
    def parameters(self) -> dict[str, str]:
        """Connection parameters, the password in clear."""
        raw = str.__str__(self)
        return {key: str(value) for key, value in conninfo_to_dict(raw).items()}

    def with_parameters(self, **changed: str | int) -> Self:
        """Return it with some of libpq's connection parameters replaced."""
        return type(self).of(**{**self.parameters, **changed})

    def with_settings(self, **settings: str | int) -> Self:
        """Return it with server settings (`role`, `statement_timeout` ...) for its sessions."""
        added = [f"-c {key}={_escaped(str(value))}" for key, value in settings.items()]
        present = self.parameters.get("options", "")
        return self.with_parameters(options=" ".join([present, *added]).strip())

    @property
    def masked(self) -> str:
        """The URI as people may see it."""
        parameters = self.parameters
        if "password" in parameters:
            parameters["password"] = "***"
        return _uri(parameters)

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"Dsn({self.masked!r})"

    def __format__(self, spec: str) -> str:
        return format(self.masked, spec)


@dataclass(frozen=True)
class Dsns:
    """The connection strings of the three database roles."""

    owner: Dsn
    app: Dsn
    reader: Dsn


def _uri(parameters: Mapping[str, str]) -> str:
    """Write libpq parameters as a URI; what the short form cannot hold goes into the query."""
    rest = dict(parameters)
    name = rest.pop("dbname", "")
    login = quote(rest.pop("user", ""), safe="")
    if "password" in rest:
        login += ":" + quote(rest.pop("password"), safe="*")
    address = ""
    if _is_plain(rest.get("host", "")) and "," not in rest.get("port", ""):
        address = rest.pop("host") + (f":{rest.pop('port')}" if "port" in rest else "")
    query = f"?{urlencode(rest, quote_via=quote)}" if rest else ""
    return f"postgresql://{login}{'@' if login else ''}{address}/{quote(name, safe='')}{query}"


def _is_plain(host: str) -> bool:
    return bool(host) and all(character.isalnum() or character in ".-" for character in host)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
