SELECT id FROM places WHERE spot <@ box '((10,10),(12,12))'
