"""Ways to reach people: one adapter a channel, named in the settings by its key here.

Add here when there is a new channel: one file, one line in `CHANNELS`, one rig in `tests/integrations/test_channel_contract.py`; rather
in an existing file when a known provider answers one more thing.
"""

from __future__ import annotations

from integrations.channels.alert_apprise import AppriseChannel
from integrations.channels.email import EmailChannel
from integrations.channels.memory import MemoryChannel
from integrations.channels.push_apns import ApnsChannel
from integrations.channels.push_fcm import FcmChannel
from integrations.channels.slack import SlackChannel
from integrations.channels.sms_twilio import TwilioChannel
from integrations.channels.webhook import WebhookChannel
from integrations.contracts import Channel

CHANNELS: dict[str, type[Channel]] = {
    "apprise": AppriseChannel,
    "email": EmailChannel,
    "memory": MemoryChannel,
    "push_apns": ApnsChannel,
    "push_fcm": FcmChannel,
    "slack": SlackChannel,
    "sms_twilio": TwilioChannel,
    "webhook": WebhookChannel,
}

ALERTS_ONLY = frozenset({"apprise"})
"""Kinds that may carry word to operators, and never a notice."""
