SELECT count(name) FROM people WHERE sex = 'f'
