"""Locked doors on one machine: engines that take nobody without a user, a password and rights.

Clients come to Kafka by TLS with a SCRAM password; brokers and the administrator, who makes users and
topics, come to a listener of their own by certificate.  MongoDB takes TLS and passwords alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.certificates import ADMIN, SUPER_USERS, Certificates, certificates_in
from deploy.credentials import ADMIN_DIRECTORY, Credentials, credentials_in
from deploy.local.data import DataDirectory
from deploy.local.entry import LOGIN, PROTOCOL
from deploy.local.mongod import REPLICA_SET
from deploy.local.ports import LOOPBACK
from shared.messaging.users import MECHANISM


@dataclass(frozen=True, kw_only=True)
class Locks:
    """The keys of one pair of engines, and what the engines and their users are told of them."""

    certificates: Certificates
    credentials: Credentials
    nodes_port: int
    mongo: str

    def broker(self, *, port: int, controller_port: int, advertised_port: int) -> Mapping[str, object]:
        """The settings of a broker that differ from one that takes anyone."""
        nodes, controller = f"{LOOPBACK}:{self.nodes_port}", f"{LOOPBACK}:{controller_port}"
        return {
            "listeners": f"CLIENTS://{LOOPBACK}:{port},NODES://{nodes},CONTROLLER://{controller}",
            "advertised.listeners": f"CLIENTS://{LOOPBACK}:{advertised_port},NODES://{nodes}",
            "inter.broker.listener.name": "NODES",
            "listener.security.protocol.map": "CLIENTS:SASL_SSL,NODES:SSL,CONTROLLER:SSL",
            "listener.name.nodes.ssl.client.auth": "required",
            "listener.name.controller.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": MECHANISM,
            f"listener.name.clients.{MECHANISM.lower()}.sasl.jaas.config": f"{LOGIN};",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.certificates.kafka,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.certificates.ca,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": ";".join(SUPER_USERS),
        }

    @property
    def mongod(self) -> Sequence[str]:
        """The options of a mongod that takes nobody without a user."""
        return [
            *("--keyFile", str(self.credentials.mongo_key)),
            *("--tlsMode", "requireTLS"),
            *("--tlsCertificateKeyFile", str(self.certificates.mongo)),
            *("--tlsCAFile", str(self.certificates.ca)),
            "--tlsAllowConnectionsWithoutCertificates",
        ]

    @property
    def mongo_tls(self) -> dict[str, Any]:
        """What a client of MongoDB is told besides its address."""
        return {"tls": True, "tlsCAFile": str(self.certificates.ca)}

    @property
    def mongo_admin(self) -> tuple[str, str]:
        """User and password of who may make users."""
        return ADMIN, self.credentials.mongo_password(ADMIN_DIRECTORY)

    def service(self, service: str) -> dict[str, str]:
        """What a service is told, instead of the address of a MongoDB that takes anyone."""
        return {
            "CAIRN_KAFKA_SECURITY_PROTOCOL": PROTOCOL,
            "CAIRN_KAFKA_SASL_MECHANISM": MECHANISM,
            "CAIRN_KAFKA_CA_FILE": str(self.certificates.ca),
            "CAIRN_SECRETS_DIR": str(self.credentials.of(service)),
        }

    def administrator(self) -> dict[str, str]:
        """What the provisioner is told, who may do everything."""
        return {
            "CAIRN_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{self.nodes_port}",
            "CAIRN_KAFKA_SECURITY_PROTOCOL": "SSL",
            "CAIRN_KAFKA_CA_FILE": str(self.certificates.ca),
            "CAIRN_KAFKA_CERTIFICATE_FILE": str(self.certificates.admin),
            "CAIRN_KAFKA_SASL_USERNAME": ADMIN,
            "CAIRN_KAFKA_SASL_PASSWORD": self.credentials.kafka_password(ADMIN_DIRECTORY),
            "CAIRN_MONGO_URL": self.credentials.mongo_url(ADMIN_DIRECTORY, at=self.mongo),
        }


def locks_of(data: DataDirectory, *, nodes_port: int, mongo_port: int, services: Sequence[str]) -> Locks:
    """The keys of a data directory, made the first time.

    Raises:
        DataDirectoryError: a file cannot be read or written.
    """
    certificates = certificates_in(data.path / "certificates")
    options = f"replicaSet={REPLICA_SET}&authSource=admin&tls=true&tlsCAFile={certificates.ca}"
    mongo = f"{LOOPBACK}:{mongo_port}/?{options}"
    credentials = credentials_in(
        data.path / "secrets", services=services, mongo=mongo, authority=certificates.ca
    )
    return Locks(certificates=certificates, credentials=credentials, nodes_port=nodes_port, mongo=mongo)
