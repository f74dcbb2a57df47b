SELECT count(*) FROM log WHERE EXTRACT(EPOCH FROM current_timestamp - created_at) / 60 < 5
