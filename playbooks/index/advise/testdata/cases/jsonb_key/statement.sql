SELECT id FROM hooks WHERE payload->>'order' = 'o-77'
