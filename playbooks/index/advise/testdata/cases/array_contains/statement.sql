SELECT id FROM articles WHERE tags @> ARRAY['t77']
