CREATE /* pgmedic:drill.schema */ EXTENSION pg_stat_statements;
CREATE SCHEMA reports;
CREATE TABLE reports.reports (
    id              bigint GENERATED ALWAYS AS IDENTITY,
    report_type     text        NOT NULL,
    title           text        NOT NULL,
    format          text        NOT NULL,
    user_id         uuid        NOT NULL,
    created_by      uuid        NOT NULL,
    params          jsonb       NOT NULL,
    organization_id uuid        NOT NULL,
    created_at      timestamptz NOT NULL,
    completed_at    timestamptz
);
