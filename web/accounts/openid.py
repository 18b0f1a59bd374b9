"""OpenID Connect: authorization code with PKCE, nonce and state (OpenID Connect Core 1.0, RFC 9700)."""

import ipaddress
import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kg import GoodwaysError, Settings

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signatures that are taken: asymmetric ones, so that a client's secret signs nothing."""
_TIME_LIMIT, _SIZE_LIMIT, _KEEP, _LEEWAY = 10.0, 1_000_000, 3600.0, 60


class ProviderError(GoodwaysError):
    """The provider did not answer as it should, or not about the person who was sent there."""


@dataclass(frozen=True)
class Flow:
    """What must come back from the provider together, on the way there and back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Flow":
        """A fresh one."""
        return cls(*(secrets.token_urlsafe(48) for _ in range(3)))


@dataclass(frozen=True)
class Known:
    """What the provider says of a person."""

    issuer: str
    subject: str
    login: str
    name: str
    role: str
    """What stands in the claim for roles; empty where there is none."""


class Provider:
    """The one provider that the installation names; nothing is asked elsewhere."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self.issuer = settings, settings.oidc_issuer
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address(self, flow: Flow, redirect_uri: str) -> str:
        """Where to send a person.

        Raises:
            ProviderError: the provider cannot be reached, or describes itself wrongly.

        """
        endpoint = self._endpoint("authorization_endpoint")
        with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                endpoint, state=flow.state, nonce=flow.nonce, code_verifier=flow.verifier
            )  # fmt: skip
        return str(url)

    def known(self, flow: Flow, redirect_uri: str, code: str, issuer: str = "") -> Known:
        """Who came back with a code.

        Args:
            flow: what the person was sent away with.
            redirect_uri: the same as on the way there.
            code: what the provider gave.
            issuer: the parameter `iss` of the answer, where there is one (RFC 9207).

        Raises:
            ProviderError: the code is not good, or the ID token is not a valid one for this site and this flow.

        """
        if issuer and issuer != self.issuer:
            raise ProviderError("The answer came from another provider than the one that you were sent to.")
        try:
            with self._client(redirect_uri) as client:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"), code=code, grant_type="authorization_code",
                    code_verifier=flow.verifier,
                )  # fmt: skip
            return self._read(self._claims(str(token["id_token"]), str(token.get("access_token", "")), flow.nonce))
        except (AuthlibBaseError, JoseError, httpx2.HTTPError, KeyError, ValueError, TypeError) as error:
            raise ProviderError("The sign-in there could not be confirmed; try again.") from error

    def _claims(self, id_token: str, access_token: str, nonce: str) -> dict[str, Any]:
        try:
            decoded = jwt.decode(id_token, self._key_set(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):  # the provider may have changed its keys
            decoded = jwt.decode(id_token, self._key_set(afresh=True), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self._id}},
            {"nonce": nonce, "client_id": self._id, "access_token": access_token},
        )
        claims.validate(leeway=_LEEWAY)
        return dict(claims)

    def _read(self, claims: dict[str, Any]) -> Known:
        def text(*names: str) -> str:
            return next((value for name in names if isinstance(value := claims.get(name), str) and value.strip()), "")

        given = claims.get(self._settings.oidc_role_claim) if self._settings.oidc_role_claim else None
        roles = [given] if isinstance(given, str) else [role for role in given or [] if isinstance(role, str)]
        login = text("preferred_username", "email", "sub")[:60].partition("@")[0]
        name = text("name", "given_name", "nickname", "preferred_username") or login
        return Known(self.issuer, str(claims["sub"]), login, name, " ".join(roles))

    @property
    def _id(self) -> str:
        return self._settings.oidc_client_id

    def _client(self, redirect_uri: str) -> OAuth2Client:
        return OAuth2Client(
            self._id,
            self._settings.oidc_client_secret.get_secret_value() or None,
            scope="openid profile",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=_TIME_LIMIT,
            follow_redirects=False,
            trust_env=False,
        )

    def _endpoint(self, name: str) -> str:
        with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata[0] > _KEEP:
                found = self._fetched(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.issuer:
                    raise ProviderError("The provider calls itself otherwise than this site's settings do.")
                self._metadata = time.monotonic(), found
            return self._checked(str(self._metadata[1].get(name, "")))

    def _key_set(self, *, afresh: bool = False) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            if self._keys is None or afresh or time.monotonic() - self._keys[0] > _KEEP:
                self._keys = time.monotonic(), KeySet.import_key_set(self._fetched(address))  # type: ignore[arg-type]
            return self._keys[1]

    def _fetched(self, address: str) -> dict[str, Any]:
        body = bytearray()
        try:
            with (
                httpx2.Client(timeout=_TIME_LIMIT, follow_redirects=False, trust_env=False) as client,
                client.stream("GET", self._checked(address), headers={"Accept": "application/json"}) as answer,
            ):
                if answer.status_code != 200:
                    raise ValueError(f"status {answer.status_code}")
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > _SIZE_LIMIT:
                        raise ValueError("too large")
            found = json.loads(body)
            if not isinstance(found, dict):
                raise TypeError("no object")
        except (httpx2.HTTPError, ValueError, TypeError) as error:
            raise ProviderError("The provider cannot be reached at the moment; try again later.") from error
        return found

    def _checked(self, address: str) -> str:
        """An address, if it is one of the provider's and nobody can listen on the way."""
        parts = urlsplit(address)
        hosts = {urlsplit(self.issuer).netloc.lower(), *self._settings.oidc_hosts.lower().split()}
        if parts.netloc.lower() not in hosts or not (parts.scheme == "https" or _is_here(parts.hostname or "")):
            raise ProviderError("The provider names an address that this site may not ask; see the setting OIDC_HOSTS.")
        return address


def _is_here(host: str) -> bool:
    """Whether a host is this machine, where plain http does no harm."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
