"""Addresses at rest. Add here when something else is sealed."""

from __future__ import annotations

import pytest

from configs.errors import LedgerCorrupt
from integrations.sealing import Sealer

SECRET = b"s" * 32


def test_what_is_sealed_opens_for_its_notice_alone() -> None:
    sealer = Sealer(SECRET)
    sealed = sealer.seal("anna@почта.example", "k1")
    assert b"anna" not in sealed
    assert sealer.open(sealed, "k1") == "anna@почта.example"
    for opener, blob, key in ((sealer, sealed, "k2"), (Sealer(b"t" * 32), sealed, "k1"), (sealer, sealed[:-1], "k1"), (sealer, b"", "k1")):
        with pytest.raises(LedgerCorrupt, match="keys"):
            opener.open(blob, key)


def test_the_same_address_never_looks_the_same() -> None:
    sealer = Sealer(SECRET)
    assert sealer.seal("a@b.example", "k") != sealer.seal("a@b.example", "k")
    assert "s" * 8 not in repr(sealer)
