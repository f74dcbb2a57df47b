-- Rows $1 to $2 of $3, every value made from the row's number, so that two drills have the same data.
-- $4 rows in all belong to the whale $5; of a million of the rest, $13 are the middle organization's, number 1, and the others belong to
-- organizations 2 to $6.
-- $7 and $8 are the whale's power users, $9 the number of other users.
-- $10 and $11 are the shares of incomplete rows, in a million, of the whale and of the rest. $12 is when the newest row was made; they reach back
-- 180 days.
INSERT /* pgmedic:drill.load */ INTO reports.reports (report_type, title, format, user_id, created_by, params, organization_id, created_at, completed_at)
SELECT kind,
       kind || ' report ' || mod(dice_3, 40),
       CASE WHEN dice_4 < 500000 THEN 'csv' WHEN dice_4 < 750000 THEN 'pdf' WHEN dice_4 < 900000 THEN 'xlsx' ELSE 'json' END,
       usr, usr,
       ('{"filters": {"portfolio": ' || mod(dice_5, 500) || ', "severity": ["critical", "high", "' || mod(dice_6, 7) || '"], "assets": ["'
           || CASE WHEN dice_6 < 2000 THEN (SELECT string_agg(md5((n * 1000 + i)::text), '", "') FROM generate_series(1, 120) AS i)
                   ELSE md5(n::text) END
           || '"]}, "columns": ["id", "name", "owner", "first_seen", "last_seen", "score", "status"], "sort": {"by": "score", "order": "desc"}, '
           || '"timezone": "UTC", "locale": "en", "delivery": {"mail": false, "bucket": "exports-' || mod(dice_5, 20) || '"}}')::jsonb,
       organization,
       made,
       CASE WHEN NOT incomplete THEN made + make_interval(secs => 2 + mod(dice_3, 600)) END
FROM (
    SELECT d.*,
           CASE WHEN whale THEN $5::uuid
                WHEN dice_1 < $13::bigint THEN md5('organization 1')::uuid
                ELSE md5('organization ' || member)::uuid END AS organization,
           CASE WHEN whale AND dice_2 < CASE WHEN incomplete THEN 430000 ELSE 50000 END THEN $7::uuid
                WHEN whale AND dice_2 < CASE WHEN incomplete THEN 750000 ELSE 90000 END THEN $8::uuid
                ELSE md5('user ' || mod(CASE WHEN whale THEN mod(dice_2, 400) ELSE member * 3 + mod(dice_2, 8) END, $9::bigint))::uuid END AS usr,
           (ARRAY['issues', 'footprint-ips', 'summary', 'audit', 'usage', 'invoices'])[1 + mod(dice_3, 6)] AS kind,
           $12::timestamptz - make_interval(secs => ($3::bigint - n) * (180 * 86400.0 / $3::bigint)) AS made
    FROM (
        SELECT d.*,
               2 + mod(dice_1, $6::bigint - 1) AS member,
               dice_7 < CASE WHEN whale THEN $10::bigint ELSE $11::bigint END AS incomplete
        FROM (
            SELECT n,
                   n * $4::bigint / $3::bigint <> (n - 1) * $4::bigint / $3::bigint AS whale,
                   mod(hashint8extended(n, 1) & 9223372036854775807, 1000000) AS dice_1,
                   mod(hashint8extended(n, 2) & 9223372036854775807, 1000000) AS dice_2,
                   mod(hashint8extended(n, 3) & 9223372036854775807, 1000000) AS dice_3,
                   mod(hashint8extended(n, 4) & 9223372036854775807, 1000000) AS dice_4,
                   mod(hashint8extended(n, 5) & 9223372036854775807, 1000000) AS dice_5,
                   mod(hashint8extended(n, 6) & 9223372036854775807, 1000000) AS dice_6,
                   mod(hashint8extended(n, 7) & 9223372036854775807, 1000000) AS dice_7
            FROM generate_series($1::bigint, $2::bigint) AS n
            OFFSET 0
        ) AS d
        OFFSET 0
    ) AS d
    OFFSET 0
) AS rows
