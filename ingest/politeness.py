"""How Goodways behaves towards servers that it asks many times: it waits when told to, and keeps out where asked to."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

LONGEST_WAIT = timedelta(days=7)
_LONGEST_DELAY = 3600.0  # seconds; of a Crawl-delay


def retry_after(value: str, now: datetime) -> timedelta | None:
    """How long a server asks to be left alone (`Retry-After`, RFC 9110, section 10.2.3), at most a week.

    Args:
        value: of the header: seconds, or a date; nothing where there is none.
        now: the time, with its zone.

    Returns:
        None where the header is missing or says nothing that can be read.

    """
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), int(LONGEST_WAIT.total_seconds())))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), LONGEST_WAIT)


class Robots:
    """What a host's robots.txt (RFC 9309) says to us."""

    def __init__(self, text: str, agent: str) -> None:
        self._agent = agent.partition("/")[0]
        self._rules = RobotFileParser()
        self._rules.parse(text.splitlines())

    def allow(self, address: str) -> bool:
        """Whether an address may be asked for."""
        return self._rules.can_fetch(self._agent, address)

    @property
    def delay(self) -> float:
        """Seconds that the host wants between two requests; 0 where it says nothing."""
        said = self._rules.crawl_delay(self._agent)
        return min(float(said), _LONGEST_DELAY) if said else 0.0


def robots_address(address: str) -> str:
    """Where the robots.txt that holds for an address lies."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/robots.txt"


def host_of(address: str) -> str:
    """The host of an address with its port, in small letters; what one waits for."""
    return urlsplit(address).netloc.rpartition("@")[2].casefold()
