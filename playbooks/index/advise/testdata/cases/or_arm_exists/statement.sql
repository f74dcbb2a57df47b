SELECT id, body FROM papers WHERE author = 4711 OR editor = 815
