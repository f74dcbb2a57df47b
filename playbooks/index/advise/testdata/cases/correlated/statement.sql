SELECT id FROM cars WHERE make = 'make 3' AND model = 'model 3' ORDER BY listed DESC LIMIT 10
