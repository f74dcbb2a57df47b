SELECT id FROM things WHERE attributes -> 'colour' = 'c77'
