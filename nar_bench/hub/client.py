"""The Hub's client, with errors that say what to do and never what the token is."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nar_bench.errors import HubError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

TRIES = 6
"""Attempts before a fault that may pass is taken for one that does not."""

_PAUSE = 0.5
"""Seconds before the second attempt; twice as long before each later one."""

_SECRET = re.compile(r"hf_[A-Za-z0-9]{8,}")


def client() -> HfApi:
    """Return the client; it finds the token in HF_TOKEN or where `hf auth login` puts it, when it needs one."""
    from huggingface_hub import HfApi

    return HfApi(library_name="nar-bench")


def need_token() -> None:
    """Raise HubError where there is no token."""
    from huggingface_hub import get_token

    if not get_token():
        raise HubError(
            "there is no token for the Hub. Run `hf auth login`, or put a token with write access into HF_TOKEN "
            "(https://huggingface.co/settings/tokens). It is not printed and not stored."
        )


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn an error of the client into a HubError: what was tried, what came back, what to do."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        yield
    except HubError:
        raise
    except HfHubHTTPError as error:
        raise HubError(f"{what}: {_told(error)}") from None
    except HFValidationError as error:
        raise HubError(f"{what}: {hidden(str(error))}") from None
    except LocalEntryNotFoundError as error:
        raise HubError(
            f"{what}: the Hub cannot be reached, and no copy is on this machine. {hidden(str(error))}"
        ) from None
    except Exception as error:
        # The client wraps what stopped an upload, after it has tried five times itself.
        if not passing(error) and not (error.__cause__ and (passing(error.__cause__) or status_of(error.__cause__))):
            raise
        raise HubError(
            f"{what}: the connection broke ({type(error).__name__}). What was sent is kept; run the same command again."
        ) from None


def status_of(error: BaseException) -> int:
    """Return the HTTP status of an error of the client, 0 where it has none."""
    return int(getattr(getattr(error, "response", None), "status_code", 0) or 0)


def passing(error: BaseException) -> bool:
    """Return whether an error may be gone at the next attempt: the server's own fault, or no connection."""
    status = status_of(error)
    if status:
        return status >= 500 or status in (408, 429)
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    return any(kind.__name__ in ("TransportError", "RequestError") for kind in type(error).__mro__)


def wait(attempt: int) -> None:
    """Wait before attempt number `attempt`, from 1."""
    time.sleep(min(30.0, _PAUSE * 2 ** (attempt - 1)))


def hidden(text: str) -> str:
    """Return a text without anything that looks like a token."""
    return _SECRET.sub("hf_***", text)


def _told(error: Any) -> str:
    status = status_of(error)
    message = hidden(str(getattr(error, "server_message", "") or str(error)).strip().splitlines()[0])
    advice = {
        401: "The token is not valid, has expired, or may not do this; make a new one with write access and run "
        "`hf auth login`.",
        403: "The token may not write there; ask its owner, or choose a repository of your own.",
        404: "There is no such repository or revision, or the token may not see it.",
        409: "It is there already.",
        429: "The Hub asks for fewer requests; wait a minute and run the same command again.",
    }.get(status, "Run the same command again; what was uploaded is kept." if status >= 500 else "")
    return f"the Hub answered {status}: {message}. {advice}".strip()
