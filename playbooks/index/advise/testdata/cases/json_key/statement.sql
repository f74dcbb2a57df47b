SELECT id FROM raw WHERE doc->>'ref' = 'r77'
