"""Settings from the environment, each with its help text.

Every secret can also be given as a file: ``IMMICH_API_KEY_FILE=/run/secrets/immich`` reads the key
from there (a final newline is trimmed). Giving both forms is an error, because one of them would
silently lose.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import (
    AliasChoices,
    ByteSize,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pentaprism.errors import InvalidError

SECRETS = (
    "APP_SECRET_KEY",
    "IMMICH_API_KEY",
    "GOOGLE_CLIENT_SECRET",
    "METRICS_TOKEN",
    "REDIS_URL",
)
"""The settings that are secrets; each is also read from the file that ``NAME_FILE`` names."""

type Network = IPv4Network | IPv6Network

_LEAST_TOKEN = 16
_REDIS_SCHEMES = ("redis", "rediss", "unix")


def _default_database_path() -> Path:
    return user_data_path("pentaprism") / "pentaprism.db"


class Settings(BaseSettings):
    """What the environment says; the names are those of the environment variables."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    app_secret_key: SecretStr | None = Field(
        None,
        description="Encrypts stored credentials; 32 characters or more. Several keys, separated "
        "by commas, are tried in turn and the first one encrypts. Without it, a key is made and "
        "kept beside the database, readable by its owner only.",
    )
    database_path: Path = Field(
        default_factory=_default_database_path,
        description="The SQLite database file; its folder is made when it is missing.",
    )
    immich_url: str | None = Field(
        None, description="Address of the Immich server, with or without /api at its end."
    )
    immich_api_key: SecretStr | None = Field(
        None, description="An Immich API key; `pentaprism doctor` names permissions it lacks."
    )
    immich_ca_file: Path | None = Field(
        None,
        description="A PEM file with the certificate authority (or the self-signed certificate) "
        "of the Immich server, trusted beside the system's.",
    )
    immich_connections: int | None = Field(
        None,
        ge=1,
        le=64,
        description="The most connections to Immich at once; 8 for a folder and 32 for Google "
        "Photos, where each waits for the other side as well.",
    )
    immich_bandwidth: ByteSize | None = Field(
        None, description="The most bytes a second to read from Immich, such as 10MB; unlimited."
    )
    immich_timeout: float = Field(
        60.0, gt=0, description="Seconds without a byte from Immich after which a call is retried."
    )
    immich_retries: int = Field(
        5, ge=0, le=50, description="How often a failed call to Immich is repeated, with back-off."
    )
    google_client_id: str | None = Field(
        None,
        description="The OAuth client id from Google's console; an account remembers the one it "
        "was connected with.",
    )
    google_client_secret: SecretStr | None = Field(
        None, description="The secret of that client; kept encrypted with the account."
    )
    google_url: str | None = Field(
        None, description="Another server in Google's place, such as `pentaprism sandbox google`."
    )
    google_daily_requests: int = Field(
        10_000,
        ge=0,
        description="The most requests to Google Photos on one day of its quota, which ends at "
        "midnight in California.",
    )
    base_url: str | None = Field(
        None,
        description="Where people open the pages, such as https://photos.example.org/pentaprism; "
        "its path is the one they are served under. Without it, http://localhost and the port.",
    )
    immich_public_url: str | None = Field(
        None,
        description="Address of Immich for links that people follow in their browser, if it is "
        "another than IMMICH_URL.",
    )
    session_days: int = Field(
        30, ge=1, le=365, description="Days after which a sign-in ends that nobody has used."
    )
    runs_at_once: int = Field(
        3, ge=1, le=64, description="How many mirrors the server runs at once; others wait."
    )
    mirror_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Folders, separated by commas, in which everybody who signs in may have "
        "mirrors; admins may have them anywhere. Without it, only admins may.",
    )
    media_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Folders, separated by commas, in which everybody who signs in may have "
        "folders indexed; admins may have any. Without it, only admins may.",
    )
    group_rules: Path | None = Field(
        None,
        description="A TOML file with rules of your own about which files belong to one shot, "
        "beside those that are built in.",
    )
    index_immich: Literal["home", "all", "off"] = Field(
        "home",
        description="Of which connections the server indexes the assets, so that their files are "
        "grouped: home for those to home servers, all, or off.",
    )
    duplicates: Literal["on", "off"] = Field(
        "on",
        description="Whether the server looks for duplicates by itself when files are new: on or "
        "off; when it is asked to it does either way.",
    )
    duplicate_distance: int = Field(
        10,
        ge=0,
        le=16,
        description="In how many of their 64 bits the hashes of two pictures may differ for the "
        "pictures to be compared.",
    )
    duplicate_symmetries: bool = Field(
        False,
        description="Whether turned and mirrored copies are looked for as well: true or false.",
    )
    duplicate_workers: int | None = Field(
        None,
        ge=1,
        le=64,
        description="How many processes look at pictures at once; half as many as there are cores.",
    )
    keeper_rules: Path | None = Field(
        None,
        description="A TOML file with rules of your own about which of several duplicates is "
        "proposed to be kept.",
    )
    gateway_enrichment: Literal["on", "off"] = Field(
        "on",
        description="Whether the gateway adds groups, duplicates and mirrors to the replies of "
        "Immich that show assets: on or off.",
    )
    gateway_timeout: float = Field(
        600.0,
        gt=0,
        description="Seconds that the gateway waits for Immich to begin a reply, or to go on with "
        "it.",
    )
    gateway_cache_size: ByteSize = Field(
        ByteSize(64_000_000),
        description="How much memory the gateway takes for replies that it keeps, such as 64MB.",
    )
    gateway_cache_seconds: float = Field(
        10.0,
        ge=0,
        le=60,
        description="Seconds for which the gateway answers from what it has kept without asking "
        "Immich again, and so the longest that somebody who was shut out still sees it; 0 keeps "
        "nothing.",
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Address of a Redis, such as redis://localhost:6379/0, in which several "
        "gateways keep replies together; without it each keeps its own in memory.",
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="A word of your own, 16 characters or more, with which Prometheus may read "
        "/metrics as a bearer token; admins of Immich may always.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1,::1",
        description="Addresses and networks, separated by commas, of the reverse proxies that are "
        "believed when they say whom a request is from, or the word none.",
    )
    log_path: Path | None = Field(
        None,
        description="A folder for log files: pentaprism.log and up to five older ones of 10 MB "
        "each. Lines go to standard error as well.",
    )
    log_format: Literal["plain", "json"] = Field(
        "plain", description="How log lines look: plain, or json with one object on each line."
    )
    log_level: str = Field(
        "INFO",
        validation_alias=AliasChoices("log_level", "LOG_LEVEL"),
        description="The least level of log lines: DEBUG, INFO, WARNING, ERROR.",
    )

    @field_validator("base_url", "immich_public_url")
    @classmethod
    def _check_address(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        address = _read_address(value)
        return address.removesuffix("/api") if info.field_name == "immich_public_url" else address

    @field_validator("mirror_folders", "media_folders", mode="before")
    @classmethod
    def _split_folders(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(Path(part.strip()).expanduser() for part in value.split(",") if part.strip())

    @field_validator("metrics_token")
    @classmethod
    def _check_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _LEAST_TOKEN:
            raise ValueError(f"it must have {_LEAST_TOKEN} characters or more")
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _check_redis_address(value.get_secret_value())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: str) -> str:
        _read_networks(value)
        return value

    @property
    def base_path(self) -> str:
        """Return the path that the pages are served under: empty, or ``/pentaprism``."""
        return urlsplit(self.base_url).path if self.base_url else ""

    @property
    def trusted_networks(self) -> tuple[Network, ...]:
        """Return the networks of the reverse proxies that are believed."""
        return _read_networks(self.trusted_proxies)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, then ``NAME_FILE`` secrets, then the environment."""
        del dotenv_settings, file_secret_settings
        return (init_settings, _SecretFiles(settings_cls), env_settings)


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads each secret from the file that ``NAME_FILE`` in the environment names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Answer nothing for a single field; all of them are read by calling the source."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the secrets that are given as files."""
        return {
            name.lower(): value
            for name in SECRETS
            if (value := _read_secret_file(name, os.environ)) is not None
        }


def _read_address(value: str) -> str:
    """Return ``value`` without a slash at its end; raise `ValueError` if it is no web address."""
    try:
        parts = urlsplit(value.strip())
        port = parts.port
    except ValueError:
        raise ValueError("it cannot be read; check its brackets and its port") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it must be a whole address, such as https://photos.example.org")
    if "@" in parts.netloc:
        raise ValueError("it must not have a user or password in it")
    if "?" in value or "#" in value:
        raise ValueError("it must not have a ? or # in it")
    if any(not c.isprintable() or c in " \"'<>\\" for c in value.strip()):
        raise ValueError("it has characters that no address has")
    if any(step in {".", ".."} for step in parts.path.split("/")) or "//" in parts.path:
        raise ValueError("its path must be plain, such as /pentaprism")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _check_redis_address(value: str) -> None:
    """Raise `ValueError` if ``value`` is no address of a Redis; it is a secret, and not told."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("it cannot be read; check its port") from None
    if parts.scheme not in _REDIS_SCHEMES or not (parts.hostname or parts.path):
        raise ValueError("it must be an address such as redis://localhost:6379/0")


def _read_networks(value: str) -> tuple[Network, ...]:
    """Return the networks in ``value``; raise `ValueError` for what is none."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    if names == ["none"]:
        return ()
    try:
        return tuple(ip_network(name, strict=False) for name in names)
    except ValueError:
        raise ValueError(
            "each must be an address or a network, such as 172.16.0.0/12, or the whole: none"
        ) from None


def _read_secret_file(name: str, environ: Mapping[str, str]) -> str | None:
    path = environ.get(f"{name}_FILE")
    if not path:
        return None
    if environ.get(name):
        raise InvalidError(
            f"Both {name} and {name}_FILE are set.",
            code="settings",
            hint="Keep one of the two, so that it is clear which one counts.",
        )
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(
            f"The file that {name}_FILE names cannot be read: {error}",
            code="settings",
            hint="Check the path and that this user may read it.",
        ) from error


def load_settings(**overrides: Any) -> Settings:
    """Return the settings; ``overrides`` that are not None win over the environment.

    Raises `InvalidError` with one sentence for each setting that is wrong.
    """
    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in e['loc']).upper()}: "
            f"{e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False, include_url=False)
        )
        raise InvalidError(
            f"A setting is wrong: {wrong}",
            code="settings",
            hint="`pentaprism doctor` lists every setting with its meaning.",
        ) from error
