"""Settings of the role programs, read once at their start from ``LEDGER_*`` variables."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.errors import MalformedError


class RoleSettings(BaseSettings):
    """What ``append``, ``project`` and ``relay`` need; every name is ``LEDGER_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="LEDGER_", frozen=True, extra="ignore")

    data: Path = Field(description="The ledger's data folder: keys, tile store, objects.")
    kafka: str = Field(description="Kafka bootstrap servers, HOST:PORT[,HOST:PORT...].")
    database_url: SecretStr = Field(description="PostgreSQL connection string of this role.")
    health_host: str = Field(
        default="127.0.0.1", description="Address of /healthz, /readyz and /metrics."
    )
    health_port: int = Field(
        default=0, ge=0, le=65_535, description="Port of /healthz, /readyz and /metrics; 0: free."
    )
    producer: str = Field(
        default="kafka-python",
        pattern="^(kafka-python|confluent)$",
        description="Client that publishes entries: kafka-python, or confluent where installed.",
    )


def read_role_settings() -> RoleSettings:
    """Read and check the settings.

    Raises:
        MalformedError: A setting is missing, wrong, or a ``LEDGER_*`` name is unknown; names
            are checked because a misspelt variable would else be ignored without a word.
    """
    from portal.settings import PortalSettings

    known = {*RoleSettings.model_fields, *PortalSettings.model_fields}
    names = {f"LEDGER_{name}".upper() for name in known}
    strangers = sorted(
        name for name in os.environ if name.startswith("LEDGER_") and name not in names
    )
    if strangers:
        raise MalformedError(f"unknown setting {strangers[0]}; see docs/reference/settings.md")
    try:
        return RoleSettings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "LEDGER_" + str(first["loc"][0]).upper()
        raise MalformedError(f"setting {name}: {first['msg']}") from error
