SELECT note FROM audit WHERE at = (SELECT max(at) FROM audit)
