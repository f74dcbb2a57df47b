SELECT count(note) FROM feed
