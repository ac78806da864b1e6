"""What each decision sets in motion, as effects for the outbox.

Every effect's key is made of recall, kind, target and revision: laying the same plan twice changes nothing, and only a new decision
raises the revision.

Add here when a decision sets something else in motion; rather in `tasks/performers.py` when it is about how it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from configs.effects import Effect, EffectKind
from configs.policy import Policy, Signoff
from configs.terms import Issue, Meeting, MeetingState, Platform, Recall, Rung
from tasks.rules.keys import effect_key, unknown_id
from tasks.rules.milestones import Tell, Telling, utc


def effect(recall_id: str, kind: EffectKind, target: str, revision: int, body: Mapping[str, object]) -> Effect:
    """An effect with its deterministic key."""
    return Effect(effect_key(recall_id, kind, target, revision), recall_id, kind, target, revision, dict(body))


def questions(question_id: str, about: str, revision: int, policy: Policy) -> list[Effect]:
    """One message to every person in every role they hold. The code in it is made when it is sent and stands nowhere."""
    return [
        effect(about, EffectKind.ASK_SIGNATURE, f"{question_id}/{role}/{name}", revision, _asking(question_id, role, name))
        for name, person in policy.signoff.people.items()
        for role in person.roles
    ]


def _asking(question_id: str, role: str, person: str) -> dict[str, object]:
    return {"question": question_id, "role": role, "person": person}


def asked_again(question_id: str, about: str, policy: Policy, turns: Mapping[str, int], deputies: Collection[str] = ()) -> list[Effect]:
    """The same for the people named, whose codes are spent: each turn is a message of its own. The revision is the turn's.

    `deputies`: those of them who have had a code as deputies, and get its successor too.
    """
    people = policy.signoff.people
    return [
        effect(
            about, EffectKind.ASK_SIGNATURE, f"{question_id}/{role}/{name}/{turn}", turn, {**_asking(question_id, role, name), "turn": turn}
        )
        for name, turn in turns.items()
        for role in dict.fromkeys((*people[name].roles, *(people[name].deputy_for if name in deputies else ())))
    ]


def news(about: str, revision: int, what: str, policy: Policy, **facts: str) -> list[Effect]:
    """One message to each of the operators' channels. `what`: which message; `facts`: what it needs to say."""
    return [
        effect(about, EffectKind.TELL_OPERATORS, f"{what}/{channel}", revision, {"what": what, "channel": channel, **facts})
        for channel in policy.notices.operator_channels
    ]


def app_news(about: str, what: str, app: str, platform: Platform, detail: str, policy: Policy) -> list[Effect]:
    """One message to each of the operators' channels about one app as a whole."""
    return [
        effect(about, EffectKind.TELL_OPERATORS, f"{what}/{app}/{channel}", 1, body)
        for channel in policy.notices.operator_channels
        for body in ({"what": what, "channel": channel, "app": app, "platform": platform.value, "detail": detail},)
    ]


def unknown_news(what: str, app: str, platform: Platform, detail: str, at: datetime, policy: Policy) -> list[Effect]:
    """Tells the operators what of an app has been unknown for too long ("unknown"), or is known again ("known_again")."""
    about, body = unknown_id(app, at), {"what": what, "app": app, "platform": platform.value, "detail": detail}
    return [
        effect(about, EffectKind.TELL_OPERATORS, f"{what}/{channel}", 1, {**body, "channel": channel})
        for channel in policy.notices.operator_channels
    ]


def opened(issue: Issue, policy: Policy) -> list[Effect]:
    """Tells the operators of a new issue, whatever its level: below the level of a proposal this is all that happens."""
    return _news_of(issue, "opened", "opened", f"{issue.kind} at level {issue.level}: {issue.reason}", policy)


def reopened(issue: Issue, why: str, at: datetime, policy: Policy) -> list[Effect]:
    """Tells the operators that an issue they had dismissed is open again."""
    said = f"{issue.kind} at level {issue.level} is open again: {why}. {issue.reason}"
    return _news_of(issue, "needs_person", f"reopened/{at.isoformat()}", said, policy)


def urged(issue: Issue, rung: Rung, asks: str, policy: Policy) -> list[Effect]:
    """Asks the operators for what the ladder asks for, once for each rung of an issue. `asks`: the rung in words."""
    said = f"{issue.kind} at level {issue.level} asks for: {asks}. {issue.reason}"
    return _news_of(issue, "needs_person", f"ladder/{rung}", said, policy)


def _news_of(issue: Issue, what: str, target: str, said: str, policy: Policy) -> list[Effect]:
    """One message about an issue on every operators' channel, once for each target."""
    body = {"what": what, "app": issue.app, "platform": issue.platform.value, "version": issue.version, "detail": said[:500]}
    return [
        effect(issue.id, EffectKind.TELL_OPERATORS, f"{target}/{channel}", 1, {**body, "channel": channel})
        for channel in policy.notices.operator_channels
    ]


def urged_target(rung: Rung, channel: str) -> str:
    """The target of the message that asks for a rung."""
    return f"ladder/{rung}/{channel}"


def outgrown(recall: Recall, said: str, policy: Policy) -> list[Effect]:
    """Tells the operators, once for every new extent, that an issue has grown beyond its recall."""
    return [
        effect(recall.id, EffectKind.TELL_OPERATORS, f"outgrown/{said}/{channel}", recall.revision, body)
        for channel in policy.notices.operator_channels
        for body in ({"what": "needs_person", "channel": channel, "detail": said[:500]},)
    ]


def help_wanted(failed: Effect, why: str, policy: Policy) -> list[Effect]:
    """Tells the operators what an effect needs them for, at most once a try."""
    facts = {k: str(v) for k, v in failed.body.items() if k in ("app", "platform", "version")}
    said = f"{failed.kind.value} {failed.target}: {why}"[:500]
    return [
        effect(failed.recall_id, EffectKind.TELL_OPERATORS, f"needs_person/{failed.key}/{failed.attempts}/{channel}", failed.revision, body)
        for channel in policy.notices.operator_channels
        for body in ({"what": "needs_person", "channel": channel, "detail": said, **facts},)
    ]


def invitations(meeting: Meeting, revision: int, people: Iterable[str]) -> list[Effect]:
    """One invitation, or its cancellation, to each of these people, once for each state of the meeting."""
    asks = "come" if meeting.state is MeetingState.PLANNED else "stay away"
    return [
        effect(
            meeting.recall_id,
            EffectKind.INVITE,
            f"meeting {meeting.sequence}, {asks}/{name}",
            revision,
            {"person": name, "sequence": meeting.sequence},
        )
        for name in people
    ]


def told_of(recall: Recall, telling: Telling, policy: Policy) -> list[Effect]:
    """A reminder, or the news that it is late, to everyone who sees to a milestone; that it is late to the operators too."""
    is_late = telling.what is Tell.ALARM
    said = f"{telling.name} {'was' if is_late else 'is'} due {utc(telling.due_at)}, {telling.owner} sees to it"
    body: dict[str, object] = {"what": "milestone_late" if is_late else "milestone_due", "milestone": telling.name, "detail": said}
    target = f"{telling.name} {telling.what} {utc(telling.due_at)}"
    own = [
        effect(recall.id, EffectKind.REMIND, f"{target}/{name}", recall.revision, {**body, "person": name})
        for name in holders(telling.owner, policy.signoff)
    ]
    everyone = [
        effect(recall.id, EffectKind.TELL_OPERATORS, f"{target}/{channel}", recall.revision, {**body, "channel": channel})
        for channel in policy.notices.operator_channels
    ]
    return [*own, *(everyone if is_late else [])]


def holders(owner: str, signoff: Signoff) -> tuple[str, ...]:
    """The people behind an owner: the one of that name, or everyone in that role."""
    if owner in signoff.people:
        return (owner,)
    return tuple(name for name, person in signoff.people.items() if owner in person.roles)


def halt(about: str, app: str, platform: Platform, version: str, revision: int) -> Effect:
    """Stops one version's roll-out in its store."""
    body: dict[str, object] = {"app": app, "platform": platform.value, "version": version}
    return effect(about, EffectKind.HALT_ROLLOUT, f"{app} {platform} {version}", revision, body)


def brake_id(number: int) -> str:
    """What the effects of one stop belong to."""
    return f"brake-{number}"


def set_going(number: int, look: int, app: str, platform: Platform, running: Sequence[str], policy: Policy) -> list[Effect]:
    """Tells the operators, once for each time, that somebody set a roll-out going while the brake is engaged."""
    said = f"{', '.join(running)} is being handed out again although the brake is engaged; it is halted again. Find out who resumed it."
    body = {"what": "needs_person", "app": app, "platform": platform.value, "detail": said}
    return [
        effect(brake_id(number), EffectKind.TELL_OPERATORS, f"set_going/{app}/{look}/{channel}", 1, {**body, "channel": channel})
        for channel in policy.notices.operator_channels
    ]


def fix(recall: Recall, version: str, priority: int) -> Effect:
    """Publishes the fixed version to everyone."""
    body: dict[str, object] = {"app": recall.app, "platform": recall.platform.value, "version": version, "priority": priority}
    return effect(recall.id, EffectKind.PUBLISH_FIX, f"{recall.app} {recall.platform} {version}", recall.revision, body)


def notices(recall: Recall, wave: int, chunks: Iterable[int]) -> list[Effect]:
    """One effect per chunk of a wave."""
    return [
        effect(recall.id, EffectKind.SEND_NOTICES, f"wave {wave} chunk {chunk}", recall.revision, {"wave": wave, "chunk": chunk})
        for chunk in chunks
    ]


def wave_target(wave: int) -> str:
    """How the targets of a wave's effects begin."""
    return f"wave {wave} "
