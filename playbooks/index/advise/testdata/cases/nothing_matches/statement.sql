SELECT note FROM empties WHERE gone = 5
