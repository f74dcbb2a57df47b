SELECT value FROM cache WHERE key = 77
