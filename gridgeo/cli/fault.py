"""How an error of ours is told on a terminal."""

from typing import NoReturn

from rich.console import Console
from rich.text import Text


def tell(code: str, detail: str) -> NoReturn:
    """Say what is wrong in one sentence on standard error, and end with exit code 1."""
    text = Text.assemble(("error ", "bold red"), (f"{code}: ", "bold"), detail)
    Console(stderr=True, soft_wrap=True).print(text)
    raise SystemExit(1)
