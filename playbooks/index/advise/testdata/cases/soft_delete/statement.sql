SELECT path FROM uploads WHERE owner = 40 AND finished_at IS NULL
