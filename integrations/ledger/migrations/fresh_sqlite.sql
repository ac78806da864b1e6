CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE brake (
    id INTEGER NOT NULL,
    engaged INTEGER NOT NULL,
    person VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE checkpoints (
    id INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    at VARCHAR NOT NULL,
    line VARCHAR NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE counts (
    source VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    dimension VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    start VARCHAR NOT NULL,
    "end" VARCHAR NOT NULL,
    events BIGINT NOT NULL,
    exposure BIGINT NOT NULL,
    PRIMARY KEY (source, app, platform, version, metric, dimension, value, start)
);

CREATE TABLE deliveries (
    "key" VARCHAR NOT NULL,
    recall_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    wave INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    subject VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    locale VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    provider_id VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE detectors (
    app VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    folded_until VARCHAR NOT NULL,
    state_json VARCHAR NOT NULL,
    PRIMARY KEY (app, platform, version, metric)
);

CREATE TABLE effects (
    "key" VARCHAR NOT NULL,
    recall_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    body_json VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    in_doubt INTEGER NOT NULL,
    fence BIGINT NOT NULL,
    holder VARCHAR NOT NULL,
    claimed_until VARCHAR,
    attempts INTEGER NOT NULL,
    not_before VARCHAR,
    receipt_json VARCHAR,
    PRIMARY KEY ("key")
);

CREATE TABLE evidence (
    app VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    log_evidence FLOAT NOT NULL,
    evidence_json VARCHAR NOT NULL,
    PRIMARY KEY (app, platform, version, metric, at)
);

CREATE TABLE installed (
    source VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    os_version VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    exposed BIGINT NOT NULL,
    fixed BIGINT,
    blocked BIGINT,
    uninstalled BIGINT,
    dormant BIGINT,
    PRIMARY KEY (source, app, platform, version, country, os_version)
);

CREATE TABLE issues (
    id VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    opened_at VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    scope_json VARCHAR NOT NULL,
    evidence_json VARCHAR NOT NULL,
    assessment_json VARCHAR NOT NULL,
    policy_fingerprint VARCHAR NOT NULL,
    row_version INTEGER NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE journal (
    seq INTEGER NOT NULL,
    at VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (seq)
);

CREATE TABLE journal_head (
    id INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    hash BLOB NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE leases (
    name VARCHAR NOT NULL,
    holder VARCHAR NOT NULL,
    fence BIGINT NOT NULL,
    until VARCHAR NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE notices (
    recall_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    wave INTEGER NOT NULL,
    locale VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    html VARCHAR NOT NULL,
    short VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    PRIMARY KEY (recall_id, revision, wave, locale)
);

CREATE TABLE probes (
    source VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    health VARCHAR NOT NULL,
    latency_ms FLOAT,
    detail VARCHAR NOT NULL,
    PRIMARY KEY (source, app, target, at)
);

CREATE TABLE proposals (
    id VARCHAR NOT NULL,
    recall_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    body_json VARCHAR NOT NULL,
    opened_at VARCHAR NOT NULL,
    expires_at VARCHAR NOT NULL,
    open INTEGER,
    PRIMARY KEY (id),
    UNIQUE (recall_id, open)
);

CREATE TABLE recalls (
    id VARCHAR NOT NULL,
    issue_id VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    scope_json VARCHAR NOT NULL,
    opened_at VARCHAR NOT NULL,
    fixed_version VARCHAR NOT NULL,
    approved_at VARCHAR,
    closed_at VARCHAR,
    row_version INTEGER NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE rejected (
    source VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    excerpt VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (source, app, place)
);

CREATE TABLE releases (
    app VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    released_at VARCHAR NOT NULL,
    notes VARCHAR NOT NULL,
    PRIMARY KEY (app, platform, version)
);

CREATE TABLE reviews (
    recall_id VARCHAR NOT NULL,
    night VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    review_json VARCHAR NOT NULL,
    PRIMARY KEY (recall_id, night)
);

CREATE TABLE signals (
    source VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    stars INTEGER,
    version VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    os_version VARCHAR NOT NULL,
    device VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    PRIMARY KEY (source, app, id)
);

CREATE TABLE signatures (
    proposal_id VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    void INTEGER NOT NULL,
    PRIMARY KEY (proposal_id, person)
);

CREATE TABLE sources (
    name VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    read_until VARCHAR NOT NULL,
    fresh_until VARCHAR,
    health VARCHAR NOT NULL,
    warning VARCHAR NOT NULL,
    changed_at VARCHAR NOT NULL,
    PRIMARY KEY (name, app)
);

CREATE TABLE steps (
    "key" VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    arguments_digest VARCHAR NOT NULL,
    result_json VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE subjects (
    pseudonym VARCHAR NOT NULL,
    contact_id VARCHAR NOT NULL,
    PRIMARY KEY (pseudonym)
);

CREATE INDEX counts_by_release ON counts (app, platform, metric, start);

CREATE INDEX deliveries_by_chunk ON deliveries (recall_id, revision, wave, chunk);

CREATE INDEX effects_due ON effects (state, not_before);

CREATE INDEX ix_effects_recall_id ON effects (recall_id);

CREATE INDEX ix_issues_app ON issues (app);

CREATE INDEX ix_recalls_issue_id ON recalls (issue_id);

CREATE INDEX signals_by_app ON signals (app, platform, at);

INSERT INTO alembic_version (version_num) VALUES ('0001') RETURNING version_num;

CREATE TABLE issue_events (
    seq INTEGER NOT NULL,
    issue_id VARCHAR NOT NULL,
    change VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    metric VARCHAR,
    kind VARCHAR,
    scope_json VARCHAR,
    source VARCHAR NOT NULL,
    other VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    PRIMARY KEY (seq)
);

CREATE INDEX ix_issue_events_issue_id ON issue_events (issue_id);

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';

CREATE TABLE event_chunks (
    stream INTEGER NOT NULL,
    number INTEGER NOT NULL,
    received_last BIGINT NOT NULL,
    events INTEGER NOT NULL,
    columns BLOB NOT NULL,
    PRIMARY KEY (stream, number)
);

CREATE TABLE event_counters (
    stream INTEGER NOT NULL,
    number INTEGER NOT NULL,
    first_bucket INTEGER NOT NULL,
    last_bucket INTEGER NOT NULL,
    columns BLOB NOT NULL,
    PRIMARY KEY (stream, number)
);

CREATE TABLE event_files (
    stream INTEGER NOT NULL,
    file VARCHAR NOT NULL,
    offset_bytes BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    size BIGINT NOT NULL,
    tail BLOB NOT NULL,
    PRIMARY KEY (stream, file)
);

CREATE TABLE event_keys (
    stream INTEGER NOT NULL,
    space INTEGER NOT NULL,
    run INTEGER NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    keys BLOB NOT NULL,
    PRIMARY KEY (stream, space, run, first)
);

CREATE TABLE event_streams (
    source VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    id INTEGER NOT NULL,
    salt BIGINT NOT NULL,
    kinds INTEGER NOT NULL,
    PRIMARY KEY (source, app, platform)
);

CREATE TABLE event_texts (
    stream INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (stream, digest)
);

CREATE TABLE event_words (
    stream INTEGER NOT NULL,
    room VARCHAR NOT NULL,
    code INTEGER NOT NULL,
    word VARCHAR NOT NULL,
    PRIMARY KEY (stream, room, code)
);

CREATE INDEX event_chunks_by_age ON event_chunks (stream, received_last);

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';

CREATE TABLE brake_surfaces (
    brake_id INTEGER NOT NULL,
    app VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    store VARCHAR NOT NULL,
    standing VARCHAR NOT NULL,
    running_json VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    looks INTEGER NOT NULL,
    looked_at VARCHAR NOT NULL,
    still_since VARCHAR,
    PRIMARY KEY (brake_id, app)
);

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';

ALTER TABLE deliveries ADD COLUMN sealed BLOB;

CREATE TABLE delivery_drafts (
    "key" VARCHAR NOT NULL,
    recall_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    wave INTEGER NOT NULL,
    number INTEGER NOT NULL,
    subject VARCHAR NOT NULL,
    contact_id VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    locale VARCHAR NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY ("key")
);

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';

CREATE TABLE forecasts (
    proposal_id VARCHAR NOT NULL,
    recall_id VARCHAR NOT NULL,
    app VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    forecast_json VARCHAR NOT NULL,
    scored_at VARCHAR,
    score_json VARCHAR,
    PRIMARY KEY (proposal_id)
);

CREATE INDEX ix_forecasts_app ON forecasts (app);

UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005';

CREATE TABLE meetings (
    recall_id VARCHAR NOT NULL,
    uid VARCHAR NOT NULL,
    sequence INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    starts_at VARCHAR NOT NULL,
    ends_at VARCHAR NOT NULL,
    proposal_id VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    PRIMARY KEY (recall_id)
);

CREATE TABLE milestones (
    recall_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    reached_at VARCHAR,
    reminded_for VARCHAR,
    late_for VARCHAR,
    PRIMARY KEY (recall_id, revision, name)
);

CREATE TABLE minutes (
    proposal_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    recall_id VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    attended_json VARCHAR NOT NULL,
    arguments_json VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    correction VARCHAR NOT NULL,
    PRIMARY KEY (proposal_id, number)
);

CREATE TABLE plans (
    recall_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    at VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    by_hand INTEGER NOT NULL,
    plan_json VARCHAR NOT NULL,
    PRIMARY KEY (recall_id, number)
);

CREATE INDEX ix_minutes_recall_id ON minutes (recall_id);

UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0006';

CREATE TABLE signoff_sections (
    digest VARCHAR NOT NULL,
    section_json VARCHAR NOT NULL,
    PRIMARY KEY (digest)
);

CREATE TABLE signoff_agreed (
    number INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    manner VARCHAR NOT NULL,
    question VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (number)
);

CREATE TABLE signoff_file (
    id INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    agreement INTEGER NOT NULL,
    changes VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE void_signatures (
    proposal_id VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    turn INTEGER NOT NULL,
    role VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    voided_at VARCHAR NOT NULL,
    voided_by VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    PRIMARY KEY (proposal_id, person, turn)
);

CREATE TABLE spent_codes (
    question_id VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    turn INTEGER NOT NULL,
    why VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (question_id, person, turn)
);

UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007';

CREATE TABLE code_attempts (
    question_id VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    wrong INTEGER NOT NULL,
    total INTEGER NOT NULL,
    lockouts INTEGER NOT NULL,
    locked_until VARCHAR,
    refused INTEGER NOT NULL,
    summed_at VARCHAR,
    PRIMARY KEY (question_id, person)
);

UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008';

