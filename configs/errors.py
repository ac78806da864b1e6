"""The one tree of errors. Every failure of ours is one of these; anything else is a bug.

    RecallError
    ├── Transient                 trying again can help: the step retries these, and only these
    │   ├── SourceUnavailable     a monitoring source did not answer, or answered 5xx
    │   ├── ChannelUnavailable    a message channel did not answer
    │   ├── StoreUnavailable      an app store did not answer
    │   ├── Throttled             the neighbour said "slower"; `retry_after_seconds` may be known
    │   └── LedgerBusy            the ledger's database is locked or restarting
    ├── Ambiguous                 the call went out, its outcome is not known: resolved by reading, never by calling again
    ├── Refused                   a rule says no; nothing was changed
    │   ├── SignatureRefused      not this person, role, code, digest or time
    │   │   └── CodeLocked        too many wrong codes: none is looked at for a while; counted already, and not audited one by one
    │   ├── TransitionRefused     the state machine has no such step from here
    │   ├── BrakeEngaged          the emergency stop holds every effect
    │   ├── WordingRefused        a notice breaks the wording rules, or lacks a fact or a locale
    │   ├── KeyReused             the same idempotency key with another body
    │   └── NeighbourRefused      a store or channel says this can never work as asked
    ├── BadInput                  what a person or a file gave us cannot be used; says where and the way out
    │   ├── PolicyInvalid         wrong key, wrong type, thresholds out of order
    │   ├── SettingsInvalid       a setting is missing, unknown or unsafe
    │   ├── TemplateInvalid       missing variable, forbidden expression
    │   ├── FileMalformed         a whole file cannot be read (a single bad row is `terms.Rejected`, not an error)
    │   └── Unsupported           this adapter cannot express what was asked
    ├── ServerUnavailable         the Prefect server did not start or does not answer; ticks work without one
    ├── NotFound                  no such issue, recall, proposal, person, app
    └── LedgerError               the only truth is not available; no effect may start
        ├── LedgerMissing         there is none yet at this address
        ├── LedgerVersion         its schema is older or newer than this code
        ├── LedgerFull            no space left, or read-only
        ├── LedgerCorrupt         the database says it is damaged
        └── ChainBroken           the journal does not verify; names the first bad entry

Add here when a caller must tell two failures apart; rather a clearer message when only a reader must.
"""

from __future__ import annotations


class RecallError(Exception):
    """Base of all ours. Carries keyword `facts` (never a secret, never a contact) and survives pickling."""

    exit_status = 1

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts = facts

    @property
    def message(self) -> str:
        """The sentence for people: what happened, to which thing, and what to do."""
        return str(self.args[0])

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), self.message, self.facts)


def _rebuilt(kind: type[RecallError], message: str, facts: dict[str, object]) -> RecallError:
    return kind(message, **facts)


class Transient(RecallError):
    exit_status = 5


class SourceUnavailable(Transient):
    pass


class ChannelUnavailable(Transient):
    pass


class StoreUnavailable(Transient):
    pass


class Throttled(Transient):
    """Facts: `retry_after_seconds` (float) where the neighbour named it."""


class LedgerBusy(Transient):
    pass


class Ambiguous(RecallError):
    exit_status = 5


class Refused(RecallError):
    exit_status = 4


class SignatureRefused(Refused):
    pass


class CodeLocked(SignatureRefused):
    pass


class TransitionRefused(Refused):
    pass


class BrakeEngaged(Refused):
    pass


class WordingRefused(Refused):
    pass


class KeyReused(Refused):
    pass


class NeighbourRefused(Refused):
    pass


class BadInput(RecallError):
    exit_status = 3


class PolicyInvalid(BadInput):
    pass


class SettingsInvalid(BadInput):
    pass


class TemplateInvalid(BadInput):
    pass


class FileMalformed(BadInput):
    pass


class Unsupported(BadInput):
    pass


class ServerUnavailable(RecallError):
    exit_status = 5


class NotFound(RecallError):
    exit_status = 3


class LedgerError(RecallError):
    exit_status = 6


class LedgerMissing(LedgerError):
    pass


class LedgerVersion(LedgerError):
    pass


class LedgerFull(LedgerError):
    pass


class LedgerCorrupt(LedgerError):
    pass


class ChainBroken(LedgerError):
    exit_status = 1
