SELECT DISTINCT ON (channel) channel, at, value FROM samples WHERE device = 7 ORDER BY channel, at DESC
