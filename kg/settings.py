"""Settings: from `GOODWAYS_…` environment variables, or a `.env` file; the command line overrides."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_ROOT = Path(__file__).parent.parent


class Settings(BaseSettings):
    """Everything that an installation can choose."""

    model_config = SettingsConfigDict(env_prefix="GOODWAYS_", env_file=".env", extra="ignore")

    data: Path = Path("data")
    """Folder of the graph and the indexes."""
    corpus: Path = _ROOT / "corpus"
    """Folder of the records that `goodways build` reads."""
    store: str = ""
    """Empty for the embedded graph, or the address of a SPARQL 1.1 server (`http://localhost:7878`), or its addresses
    for queries and for updates, with a space between them."""
    store_user: str = ""
    """Who Goodways is to a SPARQL server that asks for it; by default nobody."""
    store_password: SecretStr = SecretStr("")
    """The password of that user; from the environment or `.env` only."""
    model: str = ""
    """Empty for the built-in multilingual model, or a folder or hub name for sentence-transformers."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of the model's arithmetic: `auto` takes bfloat16 where the processor computes with it."""
    model_folder: Path = _ROOT / "data" / "model"
    """Where the built-in model is kept once it has been rebuilt."""
    query_workers: int = 10
    """SPARQL queries that run at once."""
    service_allowed: str = ""
    """Addresses of other SPARQL servers that a `SERVICE` block may ask, with spaces between them; by default none."""
    import_mb: int = Field(default=50, ge=1)
    """Megabytes that can be sent at once to be imported."""
    harvest_allowed: str = ""
    """Hosts of repositories and catalogues that may be harvested, with spaces between them; by default none. One that
    is written with its port may also be an inner one."""
    fetch_allowed: str = ""
    """Hosts with ports that a link may lead to although they are inner ones, with spaces between; by default none."""
    link_checks: bool = False
    """Whether the site looks at the links of its records, a few at a time; it then asks other servers."""
    archive_lookup: bool = False
    """Whether it asks the Internet Archive for a copy of what is gone."""
    site_url: str = "http://127.0.0.1:8000"
    """The address under which visitors reach the site."""
    contact: str = ""
    """E-mail address of whoever runs the site, for harvesters and catalogues; by default `webmaster@` the site."""
    sign_up: Literal["approval", "open", "closed"] = "approval"
    """Whether people can ask for an account, make one themselves, or get one from an administrator only."""
    password_least: int = Field(default=12, ge=10, le=64)
    """Characters that a password must have."""
    oidc_issuer: str = ""
    """Address of the OpenID provider through which people can sign in too; by default none."""
    oidc_client_id: str = ""
    """What this site is called there."""
    oidc_client_secret: SecretStr = SecretStr("")
    """Its secret there; from the environment or `.env` only."""
    oidc_name: str = "your organisation"
    """What the button says: “Sign in with …”."""
    oidc_role_claim: str = ""
    """A claim that holds a role of this site; whoever has one needs no approval, and gets that role at each sign-in."""
    oidc_hosts: str = ""
    """Hosts that the provider uses beside its own, with spaces between them; nothing else is asked."""
