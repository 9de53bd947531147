"""SQL statements kept in files: one statement, one file, one name.

A capability loads its statements once, at import:
`LOCATE = statement(__package__, "locate_point")`. Parameters are psycopg's `%(name)s`; the
operator `%` is therefore written `%%`.
"""

from importlib.resources import files


def statement(package: str, name: str) -> bytes:
    """Return the statement of `<package>/sql/<name>.sql`, ready for `Connection.execute`.

    Comment lines are left out; the name stays in front as a comment, so that the server's log and
    statistics show which file a statement comes from.

    Raises
    ------
    FileNotFoundError
        If the package has no such file.
    ValueError
        If the file holds no statement, or more than one.
    """
    text = files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    lines = [line.rstrip() for line in text.splitlines()]
    body = "\n".join(line for line in lines if line and not line.lstrip().startswith("--"))
    body = body.removesuffix(";")
    if not body or any(line.endswith(";") for line in body.splitlines()):
        raise ValueError(f"{package}/sql/{name}.sql must hold exactly one statement")
    return f"/* {package}:{name} */ {body}".encode()
