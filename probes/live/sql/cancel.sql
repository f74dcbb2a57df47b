-- Sent by an action that a person confirmed: cancels what one session runs, if it still is the session that was shown, and says whether it rests: then nothing is
-- sent, because a session that runs nothing loses it.
-- Costs under 0.1 ms. Versions 13 and later. Needs the session's role, or pg_signal_backend; for a superuser's session a superuser.
SELECT /* pgmedic:cancel */ CASE WHEN s.rests THEN false ELSE pg_cancel_backend(a.pid) END, s.rests
FROM pg_stat_get_activity($1) AS a, LATERAL (SELECT COALESCE(a.state LIKE 'idle%', false)) AS s (rests) -- NULL: hidden from this role
WHERE a.backend_start = $2 AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
