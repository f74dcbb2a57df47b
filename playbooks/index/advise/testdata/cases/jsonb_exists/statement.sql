SELECT id FROM flags WHERE data ? 'beta'
