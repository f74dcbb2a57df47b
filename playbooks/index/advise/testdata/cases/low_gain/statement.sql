SELECT count(name) FROM people WHERE active
