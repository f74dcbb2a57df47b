SELECT note FROM names WHERE lower(name) LIKE 'name0123%'
