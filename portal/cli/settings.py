"""Settings of the role programs, and of commands, from ``LEDGER_*`` variables, read once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.errors import MalformedError, UnavailableError
from portal.settings import TILE_STORE_MEANING, PortalSettings

URL_FILE = "LEDGER_DATABASE_URL_FILE"
_KAFKA_MEANING = "Kafka bootstrap servers, HOST:PORT[,HOST:PORT...]."
S = TypeVar("S", bound=BaseSettings)


class RoleSettings(BaseSettings):
    """What every role but the portal needs; every name is ``LEDGER_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="LEDGER_", frozen=True, extra="ignore")

    data: Path = Field(description="The ledger's data folder: keys, objects, tiles.")
    kafka: str = Field(description=_KAFKA_MEANING)
    database_url: SecretStr = Field(description="PostgreSQL connection string of this role.")
    tile_store: str = Field(default="", description=TILE_STORE_MEANING)
    health_host: str = Field(
        default="127.0.0.1", description="Address of /healthz, /readyz and /metrics."
    )
    health_port: int = Field(
        default=0, ge=0, le=65_535, description="Port of /healthz, /readyz and /metrics; 0: free."
    )


class CommandSettings(BaseSettings):
    """What commands that a person runs beside a ledger take; ``run.json`` says what is not given.

    ``LEDGER_DATA`` and ``LEDGER_TILE_STORE`` count for them as well: as the option ``--data``, and
    in ``portal/programs/files.py``.
    """

    model_config = SettingsConfigDict(env_prefix="LEDGER_", frozen=True, extra="ignore")

    kafka: str = Field(default="", description=_KAFKA_MEANING)
    database_url: SecretStr = Field(
        default=SecretStr(""), description="PostgreSQL connection string for this command."
    )
    push_channels: Path | None = Field(
        default=None,
        description="File that says where `reconciliation push` finds each outside channel and "
        "how it is let in; keep it as secret as a password.",
    )


def read_role_settings() -> RoleSettings:
    """Read and check the settings of a role.

    Raises:
        MalformedError: A setting is missing or wrong, or a ``LEDGER_*`` name is unknown.
        UnavailableError: The file of the connection string cannot be read.
    """
    return _read(RoleSettings)


def read_portal_settings() -> PortalSettings:
    """Read and check the settings of the portal; raises as ``read_role_settings``."""
    return _read(PortalSettings)


def read_command_settings() -> CommandSettings:
    """Read and check the settings of a command; raises as ``read_role_settings``."""
    return _read(CommandSettings)


def _read(model: type[S]) -> S:
    _refuse_strangers()
    given: dict[str, Any] = {}
    if (file := os.environ.get(URL_FILE)) is not None:
        try:
            given["database_url"] = SecretStr(Path(file).read_text().strip())
        except OSError as error:
            raise UnavailableError(f"the file of {URL_FILE} cannot be read") from error
    try:
        return model(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = "LEDGER_" + str(first["loc"][0]).upper()
        raise MalformedError(f"setting {name}: {first['msg']}") from error


def _refuse_strangers() -> None:
    """Refuse unknown names: a misspelt variable would else be ignored without a word."""
    models = (RoleSettings, PortalSettings, CommandSettings)
    fields = {name for model in models for name in model.model_fields}
    known = {URL_FILE, *(f"LEDGER_{name}".upper() for name in fields)}
    strangers = sorted(n for n in os.environ if n.startswith("LEDGER_") and n not in known)
    if strangers:
        raise MalformedError(f"unknown setting {strangers[0]}; see docs/reference/settings.md")
