SELECT id FROM reports WHERE doc -> 'uid' = '777'
