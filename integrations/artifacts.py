"""Markdown artifacts in the Prefect UI: something to look at beside the run. Without a flow run there is nothing to show it on.

An artifact is a courtesy: one that cannot be stored is logged and stops nothing.

Add here when artifacts are made in another way; rather in `integrations/pages` when a page should look different.
"""

from __future__ import annotations

import logging
import re


def publish_markdown(key: str, markdown: str, description: str) -> bool:
    """Stores a markdown artifact of the current flow run under `key` (made fit: lower case, digits, dashes); False when it was not."""
    from httpx import HTTPError
    from prefect.artifacts import create_markdown_artifact
    from prefect.exceptions import PrefectException

    try:
        create_markdown_artifact(markdown, key=re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-"), description=description)
    except (HTTPError, PrefectException, ValueError) as err:
        logging.getLogger("recall").warning("artifact %s was not stored: %s", key, type(err).__name__)
        return False
    return True
