-- Who owns namespaces, what may be asked for there, who asked, who decided, and what came of it.

-- Owners keep a namespace in order and decide; approvers decide.
CREATE TABLE namespace_people (
    namespace_id uuid NOT NULL REFERENCES namespaces,
    user_id      uuid NOT NULL REFERENCES users,
    relation     text NOT NULL CHECK (relation IN ('owner', 'approver')),
    added_by     text NOT NULL,
    added_at     timestamptz NOT NULL,
    PRIMARY KEY (namespace_id, user_id, relation)
);
CREATE INDEX namespace_people_user ON namespace_people (user_id);

-- What may be asked for. A namespace without a row has the product's defaults (domain/policy.rs).
CREATE TABLE policies (
    namespace_id uuid PRIMARY KEY REFERENCES namespaces,
    -- Those who may not see it are told that it does not exist.
    hidden       boolean NOT NULL,
    roles        text[] NOT NULL CHECK (roles <@ ARRAY['admin', 'editor', 'viewer']),
    -- Minutes that can be chosen, and the one that stands there at first.
    minutes      integer[] NOT NULL CHECK (cardinality(minutes) BETWEEN 1 AND 12 AND 1 <= ALL (minutes) AND 129600 >= ALL (minutes)),
    usual        integer NOT NULL CHECK (usual = ANY (minutes)),
    endless      boolean NOT NULL,
    approvals    integer NOT NULL CHECK (approvals BETWEEN 1 AND 5),
    automatic    text NOT NULL CHECK (automatic IN ('never', 'always', 'on_call')),
    for_others   boolean NOT NULL,
    changed_by   text NOT NULL,
    changed_at   timestamptz NOT NULL
);

-- Who is on call, for policies that grant to them.
CREATE TABLE on_call (
    id           uuid PRIMARY KEY,
    namespace_id uuid NOT NULL REFERENCES namespaces,
    user_id      uuid NOT NULL REFERENCES users,
    begins_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL CHECK (ends_at > begins_at)
);
CREATE INDEX on_call_now ON on_call (namespace_id, user_id, ends_at);

CREATE TABLE requests (
    id           uuid PRIMARY KEY,
    -- For whom, and who asked.
    user_id      uuid NOT NULL REFERENCES users,
    asked_by     uuid NOT NULL REFERENCES users,
    namespace_id uuid NOT NULL REFERENCES namespaces,
    role         text NOT NULL REFERENCES roles,
    reason       text NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 2000),
    -- None: without an end.
    minutes      integer CHECK (minutes > 0),
    -- None: as soon as it is approved.
    begins_at    timestamptz,
    -- As the policy said when it was asked.
    approvals    integer NOT NULL CHECK (approvals BETWEEN 1 AND 5),
    state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied', 'withdrawn', 'lapsed')),
    created_at   timestamptz NOT NULL,
    lapses_at    timestamptz NOT NULL,
    settled_at   timestamptz,
    CHECK ((state = 'pending') = (settled_at IS NULL))
);
CREATE UNIQUE INDEX requests_once ON requests (user_id, namespace_id, role) WHERE state = 'pending';
CREATE INDEX requests_pending ON requests (namespace_id, created_at) WHERE state = 'pending';
CREATE INDEX requests_of_user ON requests (user_id, created_at DESC);
CREATE INDEX requests_asked_by ON requests (asked_by, created_at DESC) WHERE asked_by <> user_id;
CREATE INDEX requests_of_namespace ON requests (namespace_id, created_at DESC);

CREATE TABLE decisions (
    request_id uuid NOT NULL REFERENCES requests,
    -- None: the policy.
    user_id    uuid REFERENCES users,
    verdict    text NOT NULL CHECK (verdict IN ('approve', 'deny')),
    comment    text NOT NULL CHECK (octet_length(comment) <= 2000),
    -- What an approver made of the time that was asked for.
    minutes    integer CHECK (minutes > 0),
    decided_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (request_id, user_id)
);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An approved request in force, or one that begins later: then there is no membership before it was
-- looked at once more.
CREATE TABLE grants (
    id            uuid PRIMARY KEY,
    request_id    uuid NOT NULL UNIQUE REFERENCES requests,
    user_id       uuid NOT NULL REFERENCES users,
    namespace_id  uuid NOT NULL REFERENCES namespaces,
    role          text NOT NULL REFERENCES roles,
    membership_id uuid UNIQUE REFERENCES memberships,
    begins_at     timestamptz NOT NULL,
    ends_at       timestamptz CHECK (ends_at > begins_at),
    ended_at      timestamptz,
    ended_by      uuid REFERENCES users,
    end_reason    text CHECK (end_reason IN ('given_back', 'taken_away', 'left', 'refused')),
    end_comment   text CHECK (octet_length(end_comment) <= 2000),
    -- Who looked at a grant that nobody decided.
    review_due    boolean NOT NULL,
    reviewed_by   uuid REFERENCES users,
    reviewed_at   timestamptz,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX grants_of_user ON grants (user_id, begins_at DESC);
CREATE INDEX grants_of_namespace ON grants (namespace_id, begins_at DESC);
CREATE INDEX grants_to_begin ON grants (begins_at) WHERE membership_id IS NULL AND ended_at IS NULL;
CREATE INDEX grants_to_review ON grants (namespace_id) WHERE review_due AND reviewed_at IS NULL;
