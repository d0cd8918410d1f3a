"""The settings of a service: variables that start with CAIRN_, and files for secrets.

`CAIRN_MONGO_URL` sets `mongo_url`; so does a file named `mongo_url` in the directory that
CAIRN_SECRETS_DIR names (a variable wins over a file).  What is wrong or missing is told by
name, with how to mend it and never with the value.  Knows no service; reads nothing later
than at start.
"""

import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from shared.identity import ROLES, GroupRole, Role
from shared.setting_forms import (
    PREFIX,
    SECRETS_DIR,
    is_safe_url,
    listed,
    paired,
    require_secrets,
    variable,
    wrong_files,
)

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
RetainedKind = Literal["goal", "feedback", "request", "recognition", "review", "notification"]
"""What services keep that grows old once it is over; each kind is one service's."""
_Days = Annotated[int, Field(ge=1, le=36500)]
_Network = Annotated[str, AfterValidator(lambda text: str(ip_network(text)))]


class Settings(BaseSettings):
    """Everything that an operator can set.  Descriptions end with how to mend a wrong value."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=True
    )

    service: str = Field(pattern=r"^[a-z][a-z0-9_]{1,30}$", description="The service's own name.")
    development: bool = Field(
        default=False, description="true relaxes what protects production (plain http issuer, moving clock)."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="One of debug, info, warning, error."
    )

    traces_url: str | None = Field(
        default=None,
        description="Where traces go as OTLP over HTTP, such as http://collector:4318/v1/traces.",
    )

    audit_anchor_file: Path | None = Field(
        default=None, description="A file outside the database to which anchors of the audit are added."
    )
    audit_anchor_seconds: float = Field(default=600, gt=0, description="Seconds between two anchors.")
    audit_keep_days: int | None = Field(
        default=None, ge=1, description="Days after which what is anchored goes; left out, never."
    )

    mongo_url: SecretStr = Field(
        description="A MongoDB connection string, such as mongodb://localhost:27017/?replicaSet=rs0."
    )
    mongo_database: str = Field(
        default_factory=lambda known: f"cairn_{known.get('service', '')}",
        pattern=r"^[A-Za-z0-9_-]{1,60}$",
        description="A database name of letters, digits, _ and -.",
    )

    kafka_bootstrap: Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)] = Field(
        min_length=1, description="Brokers as host:port, separated by commas, such as localhost:9092."
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="One of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL."
    )
    kafka_sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        default="SCRAM-SHA-512", description="One of SCRAM-SHA-512, SCRAM-SHA-256, PLAIN."
    )
    kafka_sasl_username: str | None = Field(default=None, description="The user that the brokers know.")
    kafka_sasl_password: SecretStr | None = Field(default=None, description="That user's password.")
    kafka_ca_file: Path | None = Field(default=None, description="A PEM file that exists.")
    kafka_certificate_file: Path | None = Field(
        default=None, description="A PEM file with the certificate and key by which brokers know this client."
    )
    kafka_partitions: int = Field(default=6, ge=1, le=1000, description="A number from 1 to 1000.")
    kafka_replication: int = Field(default=1, ge=1, le=9, description="A number from 1 to 9.")

    kafka_session_seconds: int = Field(
        default=10, ge=6, le=300, description="Seconds from 6 until a silent consumer is given up."
    )

    oidc_issuer: str = Field(
        description="The issuer of tokens exactly as it stands in their iss claim, such as https://id.example.com."
    )
    oidc_jwks_url: str | None = Field(
        default=None, description="Where the issuer's keys are; left out, it is asked of the issuer."
    )
    oidc_audience: str = Field(
        default="cairn", min_length=1, description="What tokens name in their aud claim."
    )
    oidc_algorithms: Annotated[tuple[Algorithm, ...], NoDecode, BeforeValidator(listed)] = Field(
        default=("RS256", "ES256"),
        min_length=1,
        description="Signature algorithms, such as RS256,ES256; never HS*.",
    )
    oidc_roles_claim: str = Field(
        default="roles", description="A claim, or a path such as realm_access.roles."
    )
    oidc_role_map: Annotated[dict[str, Role], NoDecode, BeforeValidator(paired)] = Field(
        default={},
        description="What the provider's values are here: Cairn HR=hr_admin, Cairn Audit=auditor, or a JSON"
        f" object; the roles are {', '.join(sorted(ROLES))}. Left out, values are these themselves.",
    )
    oidc_person_claim: str = Field(
        default="sub", description="The claim that says who the person is, such as email."
    )
    oidc_person_by: Literal["person_id", "email"] = Field(
        default="person_id", description="What that claim holds: person_id, or email as the directory has it."
    )
    oidc_leeway_seconds: int = Field(default=30, ge=0, le=300, description="A number from 0 to 300.")

    http_host: str = Field(default="127.0.0.1", description="The address to listen on, such as 0.0.0.0.")
    http_port: int = Field(default=8000, ge=1, le=65535, description="A port from 1 to 65535.")
    trusted_proxies: Annotated[tuple[_Network, ...], NoDecode, BeforeValidator(listed)] = Field(
        default=("127.0.0.1/32", "::1/128"), description="Proxies, whose X-Forwarded-For and -Proto count."
    )
    watchdog_seconds: float | None = Field(
        default=None,
        gt=0,
        description="Seconds for which liveness may fail before the process ends, to be started again by what"
        " runs it; left out, it goes on.",
    )
    max_body_bytes: int = Field(default=1_048_576, ge=1024, description="Bytes, at least 1024.")
    page_size_max: int = Field(default=200, ge=1, le=1000, description="A number from 1 to 1000.")
    caller_rate: float | None = Field(
        default=None,
        ge=0,
        description="Requests a second that one person may send, 0 for no limit; left out, 50, and no limit"
        " in development.",
    )
    caller_burst: int = Field(
        default=500, ge=1, description="Requests at once after a pause, at least 1; then caller_rate counts."
    )
    idempotency_days: int = Field(default=2, ge=1, le=90, description="Days from 1 to 90.")
    service_urls: Annotated[dict[str, str], NoDecode, BeforeValidator(paired)] = Field(
        default={},
        description="Where the other services are: people=http://people:8000, goals=http://goals:8000.",
    )

    scim_token: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="The identity provider's bearer token, at least 32 characters; left out, no SCIM.",
    )
    scim_roles: Annotated[dict[str, GroupRole], NoDecode, BeforeValidator(paired)] = Field(
        default={},
        description="The roles that the identity provider's groups give: HR=hr_admin, Audit=auditor.",
    )

    service_token: SecretStr | None = Field(
        default=None,
        description="The token with which notifications asks the others, role service; a file is read again.",
    )

    command_batch_max: int = Field(default=128, ge=1, le=1000, description="A number from 1 to 1000.")
    event_batch_max: int = Field(default=1000, ge=1, le=5000, description="A number from 1 to 5000.")
    event_batch_wait_ms: int = Field(default=100, ge=1, le=5000, description="Milliseconds from 1 to 5000.")
    timers: bool = Field(
        default=True,
        description="true, or false where requests say what time it is and no clock does.",
    )
    relay_poll_seconds: float = Field(default=0.25, gt=0, le=60, description="Seconds up to 60.")
    lease_seconds: float = Field(default=5, ge=1, le=120, description="Seconds from 1 to 120.")
    outbox_keep_days: float = Field(default=7, gt=0, le=365, description="Days up to 365.")
    notyet_deadline_seconds: float = Field(default=300, gt=0, description="Seconds above 0.")
    erasure_recheck_seconds: float = Field(
        default=3600,
        gt=0,
        description="Seconds after which a forgotten person is looked for once more; longer than events may"
        " be under way.",
    )
    erasure_log_file: Path | None = Field(
        default=None,
        description="A file outside the database to which the people service adds every erasure.",
    )
    retain_left_days: int | None = Field(
        default=None,
        ge=1,
        description="Days after which who has left is erased by itself, unless held; left out, never.",
    )
    retain_days: Annotated[dict[RetainedKind, _Days], NoDecode, BeforeValidator(paired)] = Field(
        default={},
        description="Days by kind after which what is over is removed, unless held: goal=2555, feedback=1095;"
        f" the kinds are {', '.join(get_args(RetainedKind))}. Left out, never.",
    )
    park_stop_count: int = Field(default=1000, ge=1, description="A number of parked keys, at least 1.")
    park_stop_share: float = Field(default=0.2, gt=0, le=1, description="A share above 0, at most 1.")
    retry_attempts: int = Field(default=5, ge=1, le=50, description="A number from 1 to 50.")

    smtp_host: str | None = Field(
        default=None, description="The mail server's name; left out, no mail is sent."
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="A port from 1 to 65535.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="starttls", description="One of none, starttls, tls."
    )
    smtp_username: str | None = Field(default=None, description="The user that the mail server knows.")
    smtp_password: SecretStr | None = Field(default=None, description="That user's password.")
    smtp_sender: str = Field(default="cairn@localhost", description="The address that mail comes from.")
    smtp_timeout_seconds: float = Field(default=20, gt=0, le=300, description="Seconds up to 300.")

    webhook_urls: Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)] = Field(
        default=(), description="Addresses that events are posted to, separated by commas."
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="The Standard Webhooks secret: whsec_ and base64 of at least 24 random bytes.",
    )
    webhook_timeout_seconds: float = Field(default=15, gt=0, le=300, description="Seconds up to 300.")
    webhook_attempts: int = Field(default=8, ge=1, le=50, description="A number from 1 to 50.")

    @property
    def requests_a_second(self) -> float:
        """Of one person, 0 for no limit."""
        if self.caller_rate is not None:
            return self.caller_rate
        return 0.0 if self.development else 50.0

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        wrong = [*self._wrong_addresses(), *self._missing_partners()]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _wrong_addresses(self) -> list[str]:
        wrong = [
            f"{variable(name)} must be https; plain http is for this machine or for development"
            for name, url in (("oidc_issuer", self.oidc_issuer), ("oidc_jwks_url", self.oidc_jwks_url))
            if url and not is_safe_url(url, development=self.development)
        ]
        if not self.mongo_url.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
            wrong.append(f"{variable('mongo_url')} must start with mongodb:// or mongodb+srv://")
        traces = [self.traces_url] if self.traces_url else []
        for name, urls in (
            ("webhook_urls", self.webhook_urls),
            ("service_urls", self.service_urls.values()),
            ("traces_url", traces),
        ):
            if any(
                urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname for url in urls
            ):
                wrong.append(f"{variable(name)} must hold http or https addresses")
        if any(not broker.rpartition(":")[2].isdecimal() for broker in self.kafka_bootstrap):
            wrong.append(f"{variable('kafka_bootstrap')} must be host:port, host:port")
        return wrong

    def _missing_partners(self) -> list[str]:
        sasl = self.kafka_security_protocol.startswith("SASL")
        needed = {
            "kafka_sasl_username": sasl and not self.kafka_sasl_username,
            "kafka_sasl_password": sasl and not self.kafka_sasl_password,
            "smtp_password": bool(self.smtp_username) and not self.smtp_password,
            "webhook_secret": bool(self.webhook_urls) and not self.webhook_secret,
            "oidc_person_claim": self.oidc_person_by == "email" and self.oidc_person_claim == "sub",
            "audit_anchor_file": self.audit_keep_days is not None and self.audit_anchor_file is None,
        }
        wrong = [
            f"{variable(name)} is missing: {_mend(name)}" for name, is_missing in needed.items() if is_missing
        ]
        files = {name: getattr(self, name) for name in ("kafka_ca_file", "kafka_certificate_file")}
        return [*wrong, *wrong_files(files)]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  replaced: its names carry the prefix
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then variables, then secret files named as the field (no .env files)."""
        directory = os.environ.get(SECRETS_DIR)
        if not directory:
            return init_settings, env_settings
        require_secrets(directory, settings_cls.model_fields)
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, directory, env_prefix="")


def explain(error: ValidationError, *, service: str, environ: Mapping[str, str]) -> str:
    """What is wrong with the settings, one line a variable; holds no value that was set."""
    lines = _wrong_fields(error, environ=environ)
    head = f"{service} cannot start: {len(lines)} of its settings need mending."
    return "\n".join([head, *(f"  {line}" for line in lines), ""])


def load(service: str) -> Settings:
    """The settings of a service, or the end of the process with code 78 and one clear message."""
    try:
        return read(service)
    except ValidationError as error:
        sys.stderr.write(explain(error, service=service, environ=os.environ))
        raise SystemExit(os.EX_CONFIG) from None


def read(service: str, **fields: Any) -> Settings:
    """The settings of a service, with some given; raises pydantic's ValidationError."""
    return Settings.model_validate({"service": service, **fields})


def _wrong_fields(error: ValidationError, *, environ: Mapping[str, str]) -> list[str]:
    by_field: dict[str, str] = {}
    for wrong in error.errors(include_url=False, include_input=False, include_context=False):
        message = wrong["msg"].removeprefix("Value error, ")
        if not wrong["loc"]:
            return message.splitlines()
        field = str(wrong["loc"][0])
        if wrong["type"] == "missing":
            by_field[field] = f"{variable(field)} is missing: {_mend(field)}{_near_miss(field, environ)}"
        elif wrong["type"] != "default_factory_not_called":
            by_field.setdefault(field, f"{variable(field)} is wrong: {message}. {_mend(field)}")
    return list(by_field.values())


def _mend(field: str) -> str:
    info = Settings.model_fields.get(field)
    return (info.description or "") if info else ""


def _near_miss(field: str, environ: Mapping[str, str]) -> str:
    known = {variable(name) for name in Settings.model_fields}
    strangers = [name for name in environ if name.startswith(PREFIX) and name not in known]
    near = get_close_matches(variable(field), strangers, n=1, cutoff=0.8)
    return f" ({near[0]} is set: is it meant?)" if near else ""
