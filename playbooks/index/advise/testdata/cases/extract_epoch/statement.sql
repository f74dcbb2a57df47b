SELECT count(node) FROM beats WHERE EXTRACT(EPOCH FROM now() - beat_at) < 3600
