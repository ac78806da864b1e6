"""What would be sent, before it is: every language and form of a recall's notice, what the check finds, and the digest of it all.

Add here when a preview should hold more; rather in `integrations/pages/notices_page.py` when it should look different.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from configs.errors import BadInput
from configs.notice import RenderedNotice
from configs.outage import DataLoss, OutageFacts, OutageStage, Profile, outage_message, outage_rules
from configs.wording import notice, wording_rules
from integrations.ledger.cases import the_issue, the_recall
from integrations.ledger.wordings import notices_digest
from integrations.toolbox import Toolbox
from tasks.notify import notice_facts
from tasks.rules.outage_rules import CADENCE, outage_findings
from tasks.rules.wording_rules import findings

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Previewed:
    """One message in one language. `name`: what its files are called."""

    name: str
    rendered: RenderedNotice
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """`digest`: over every language and form, as `notices.frozen` has it in the journal when the same words are frozen."""

    profile: Profile
    messages: tuple[Previewed, ...]
    digest: str

    @property
    def is_sound(self) -> bool:
        return not any(message.findings for message in self.messages)


def preview(tools: Toolbox, recall_id: str, profile: Profile = Profile.RECALL_NOTICE) -> Preview:
    """A recall's notices as they would be frozen now; or its outage messages, at every stage. Raises NotFound, TemplateInvalid."""
    made = _notices(tools, recall_id) if profile is Profile.RECALL_NOTICE else _outage(tools, recall_id)
    return Preview(profile, made, notices_digest(message.rendered for message in made))


def _notices(tools: Toolbox, recall_id: str) -> tuple[Previewed, ...]:
    with tools.book.read() as txn:
        facts = notice_facts(tools, txn, the_recall(txn, recall_id))
    made = [notice(facts, locale) for locale in tools.policy.notices.locales]
    return tuple(Previewed(m.locale, m, tuple(map(str, findings(m, facts, wording_rules(m.locale))))) for m in made)


def _outage(tools: Toolbox, recall_id: str) -> tuple[Previewed, ...]:
    made = []
    for stage in OutageStage:
        facts = _outage_facts(tools, recall_id, stage)
        for locale in tools.policy.notices.locales:
            message = outage_message(facts, locale)
            found = outage_findings(message, facts, outage_rules(locale), facts.started_at)
            made.append(Previewed(f"{locale}.{stage}", message, tuple(map(str, found))))
    return tuple(made)


def _outage_facts(tools: Toolbox, recall_id: str, stage: OutageStage) -> OutageFacts:
    """As if the outage had begun with the issue; the times of later messages are examples."""
    with tools.book.read() as txn:
        recall = the_recall(txn, recall_id)
        issue = the_issue(txn, recall.issue_id)
    over = stage is OutageStage.RESOLVED
    return OutageFacts(
        outage_id=recall.id,
        app_title=tools.settings.app(recall.app).title,
        stage=stage,
        kind=issue.kind,
        started_at=recall.opened_at,
        status_url=tools.policy.notices.contact_url,
        help_address=tools.policy.notices.help_address,
        next_update_at=None if over else recall.opened_at + CADENCE,
        resolved_at=recall.opened_at + HOUR if over else None,
        data_loss=DataLoss.NONE if over else DataLoss.UNKNOWN,
        countries=recall.scope.countries,
        versions=(recall.version,),
    )


def write_preview(made: Preview, folder: Path) -> tuple[Path, ...]:
    """Writes .txt, .html, .short, .push and .findings a message, and the digest; returns the files. Raises BadInput."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for message in made.messages:
            for ending, words in _forms(message).items():
                written.append(folder / f"{message.name}.{ending}")
                written[-1].write_text(words + "\n", encoding="utf-8")
        written.append(folder / "digest")
        written[-1].write_text(made.digest + "\n", encoding="utf-8")
    except OSError as err:
        raise BadInput(f"cannot write the preview to {folder}: {err.strerror}; name another folder with --out") from err
    return tuple(written)


def _forms(message: Previewed) -> dict[str, str]:
    words = message.rendered
    return {
        "txt": f"{words.subject}\n\n{words.text}",
        "html": words.html,
        "short": words.short,
        "push": f"{words.push_title}\n{words.push}",
        "findings": "\n".join(message.findings) or "none",
    }
