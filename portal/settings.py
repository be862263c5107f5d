"""Settings of the portal program, read once in its ``main`` and passed on by value.

Read before: docs/reference/settings.md. Read next: ``portal/serve.py``.

Whoever controls the environment of the process controls all of it, so it is trusted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

TILE_STORE_MEANING: Final = (
    "The tile store: a folder, or s3://BUCKET[/PREFIX] with the usual AWS_* variables; "
    "if empty, the folder tiles in the data folder."
)


class PortalSettings(BaseSettings):
    """What the portal needs to know; every name is ``LEDGER_<FIELD>`` in the environment."""

    model_config = SettingsConfigDict(env_prefix="LEDGER_", frozen=True, extra="ignore")

    data: Path = Field(description="The ledger's data folder: keys, objects, tiles.")
    kafka: str = Field(description="Kafka bootstrap servers, HOST:PORT[,HOST:PORT...].")
    database_url: SecretStr = Field(description="PostgreSQL connection string of the portal role.")
    tile_store: str = Field(default="", description=TILE_STORE_MEANING)
    kafka_fetch_wait_ms: int = Field(
        default=200,
        ge=1,
        le=1_000,
        description="How long Kafka may hold a fetch while there is no receipt. Apache Kafka "
        "answers as soon as one comes; the embedded broker only when the time is over.",
    )
    http_host: str = Field(default="127.0.0.1", description="Address to listen on.")
    http_port: int = Field(default=8080, ge=0, le=65_535, description="TCP port to listen on.")
    anchor_hours: int = Field(
        default=24,
        ge=0,
        le=168,
        description="Hours between two anchors of all stream heads, counted in UTC; 0: only by "
        "`lianzheng ledger anchor`. A log without new entries is not anchored again.",
    )
    database_pool_max: int = Field(
        default=8, ge=1, le=64, description="Most database connections the pages may hold."
    )
    session_hours: int = Field(
        default=12, ge=1, le=72, description="Hours after which a login has to be made again."
    )
    cookie_secure: bool = Field(
        default=False, description="Send the session cookie over HTTPS only (behind a TLS proxy)."
    )
