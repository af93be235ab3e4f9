"""The one folder that holds everything a node keeps, and the settings that it starts with.

<home>/accord.toml        settings, all optional; an environment variable ACCORD_… wins over the file
<home>/retention.toml     how long things are kept here, in days, where that differs from what is usual
<home>/institutions.json  names of the institutions that forms and pages offer
<home>/lines.toml         lines to ledger holders and from them: addresses and the files that hold the secrets
<home>/seen-letters/      marks of signed letters that came in the last minutes
<home>/secret-key         signs sessions; made at the first start, readable by its owner alone
<home>/keys/              private keys for what partners' centres are told, encrypted with a passphrase
<home>/accord.sqlite3     the operational store, unless database_url names a PostgreSQL server
<home>/records/           the record tables: transfers, balances, rejected rows
<home>/index/             the tracing index over the record tables; can always be made again from them
<home>/exercise/          the made-up world of the demo
<home>/sandbox/           the state of the sandbox banks that play it
                          (both lie elsewhere where exercise_folder says so: several nodes then play in one world)
<home>/cache/             what can always be deleted; compiled kernels where the user has no cache folder of their own
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from accord.core.errors import BadInput, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.node import node_settings
from accord.node.errors import Msg
from accord.node.user_cache import user_cache

_KERNELS: Final = Path(__file__).parents[1] / "engine" / "tracing"

DEFAULT_HOME: Final = "accord-data"

SETTINGS: Final = node_settings.DESCRIPTIONS
"""What accord.toml may set. The environment variable is the name in capitals after ACCORD_."""


@dataclass(frozen=True, slots=True)
class Home:
    """A node's folder. Making a `Home` touches nothing; `create` and `secret_key` write.

    `exercise_folder` is the exercise of another home, where several nodes play in one world; None: an exercise of its own.
    """

    root: Path
    exercise_folder: Path | None = None

    @classmethod
    def from_environment(cls) -> Home:
        """The home that ACCORD_HOME names, its settings and caches put in force for this process.

        Must run before numba is imported, which reads its cache folder only once. Raises BadInput where accord.toml
        cannot be read.
        """
        home = cls(Path(os.environ.get("ACCORD_HOME") or DEFAULT_HOME).expanduser().absolute())
        os.environ.setdefault("NUMBA_CACHE_DIR", str(home.numba_cache))
        for name, value in home.file_settings().items():
            os.environ.setdefault(f"ACCORD_{name.upper()}", value)
        shared = os.environ.get("ACCORD_EXERCISE_FOLDER")
        return replace(home, exercise_folder=Path(shared).expanduser().absolute()) if shared else home

    @property
    def config(self) -> Path:
        return self.root / "accord.toml"

    @property
    def database(self) -> Path:
        return self.root / "accord.sqlite3"

    @property
    def records(self) -> Path:
        return self.root / "records"

    @property
    def index(self) -> Path:
        return self.root / "index"

    @property
    def exercise(self) -> Path:
        """The exercise that this node plays in: its own, or the one that several nodes share."""
        return self.exercise_folder or self.root / "exercise"

    @property
    def world(self) -> Path:
        """The made-up world of an exercise; where it exists, sandbox banks stand for all institutions."""
        return self.exercise / "world"

    @property
    def sandbox(self) -> Path:
        """What the sandbox banks keep, beside the world they play: money that leaves one node's bank must reach another's."""
        return self.exercise.with_name("sandbox")

    @property
    def lines(self) -> Path:
        """Which institutions and agencies this node has lines to, and how."""
        return self.root / "lines.toml"

    @property
    def seen_letters(self) -> Path:
        return self.root / "seen-letters"

    @property
    def keys(self) -> Path:
        """The private keys of this node, encrypted."""
        return self.root / "keys"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def numba_cache(self) -> Path:
        """Compiled kernels of this version of their sources: this user's, or the home's own where there is no safe place."""
        return (user_cache() or self.cache) / f"numba-{_kernels_fingerprint()}"

    def create(self) -> None:
        """Make the folder, open to its owner alone: it holds people's bank records. Raises Unavailable where it cannot."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(Msg.FOLDER_CANNOT_BE_MADE, why=error.strerror, where=str(self.root)) from error

    def file_settings(self) -> dict[str, str]:
        """What accord.toml sets, as text; empty where there is no file. Raises BadInput that names what is wrong in it."""
        try:
            stated = tomllib.loads(self.config.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadInput(CoreMsg.CANNOT_BE_READ_TOML, error=error, where=str(self.config)) from error
        return {name: self._setting_text(name, value) for name, value in stated.items()}

    def _setting_text(self, name: str, value: object) -> str:
        if name not in SETTINGS:
            raise BadInput(Msg.UNKNOWN_SETTING, name=name, settings=tuple(SETTINGS), where=str(self.config))
        if isinstance(value, bool):
            return "1" if value else "0"
        if not isinstance(value, str | int):
            raise BadInput(Msg.MUST_BE_TEXT_NUMBER, name=name, where=str(self.config))
        return str(value)

    def institutions(self) -> dict[str, dict[str, str]]:
        """Code → {"name", "name_zh", "country"} of the institutions that this node knows by name; for forms and pages."""
        path = self.root / "institutions.json"
        try:
            stated: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise BadInput(Msg.CANNOT_BE_READ_JSON, error=error, where=str(path)) from error
        return stated

    def secret_key(self) -> str:
        """The node's own random key, made at the first call. Two processes that start at once agree on one key."""
        path = self.root / "secret-key"
        if not path.exists():
            self.create()
            self._write_secret(path)
        try:
            key = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(Msg.NODE_SECRET_KEY_CANNOT_BE_READ, error=error, where=str(path)) from error
        if len(key) < 50:
            raise Unavailable(Msg.NODE_SECRET_KEY_DAMAGED, where=str(path))
        return key

    def second_factor(self) -> str:
        """ "required" or "off", which only an exercise may be. Raises BadInput for anything else, and off on a real node."""
        stated = os.environ.get("ACCORD_SECOND_FACTOR") or ("off" if self.exercise.exists() else "required")
        if stated not in ("required", "off"):
            raise BadInput(Msg.UNKNOWN_SECOND_FACTOR_SETTING, stated=stated, where=str(self.root))
        if stated == "off" and not self.exercise.exists():
            raise BadInput(Msg.SECOND_FACTORS_CAN_BE_OFF, where=str(self.root))
        return stated

    def agency_kind(self) -> str:
        """ "centre" or "bank". Raises BadInput for anything else, and for a bank that does not say which it is."""
        stated = os.environ.get("ACCORD_AGENCY_KIND") or "centre"
        if stated not in ("centre", "bank"):
            raise BadInput(Msg.UNKNOWN_AGENCY_KIND, stated=stated, where=str(self.root))
        if stated == "bank" and not os.environ.get("ACCORD_AGENCY"):
            raise BadInput(Msg.BANK_NODE_NEEDS_BANK_CODE, where=str(self.root))
        return stated

    def number(self, name: str, default: int) -> int:
        """A setting that is a whole number above 0. Raises BadInput where it is anything else."""
        stated = os.environ.get(f"ACCORD_{name.upper()}") or str(default)
        if not stated.isascii() or not stated.isdigit() or not int(stated):
            raise BadInput(Msg.MUST_BE_A_WHOLE_NUMBER, name=name, stated=stated, where=str(self.root))
        return int(stated)

    def listed(self, name: str, default: str) -> tuple[str, ...]:
        """A setting that is codes separated by commas, in capitals."""
        stated = os.environ.get(f"ACCORD_{name.upper()}")
        return tuple(sorted({code.strip().upper() for code in (default if stated is None else stated).split(",")} - {""}))

    def key_passphrase_file(self) -> Path | None:
        """The file that holds the passphrase of this node's keys, relative to the home; None where the node makes its own."""
        stated = os.environ.get("ACCORD_KEY_PASSPHRASE_FILE")
        return self.root / Path(stated).expanduser() if stated else None

    def file(self, name: str) -> Path | None:
        """A setting that names a file, from the home folder where it is not absolute; None where it is not set."""
        stated = os.environ.get(f"ACCORD_{name.upper()}")
        return self.root / stated if stated else None

    def _write_secret(self, path: Path) -> None:
        """Publish a whole key by hard link, which fails where another process was first: nobody ever reads half a key."""
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(64) + "\n")
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        except OSError as error:
            raise Unavailable(Msg.NODE_SECRET_KEY_CANNOT_BE_WRITTEN, error=error, where=str(path)) from error


def _kernels_fingerprint() -> str:
    """Changes with any source of the tracing kernels: numba itself looks only at the file of the kernel it loads."""
    digest = hashlib.sha256()
    for source in sorted(_KERNELS.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
