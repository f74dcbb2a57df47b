SELECT id FROM routes WHERE net >>= '10.5.5.7'
