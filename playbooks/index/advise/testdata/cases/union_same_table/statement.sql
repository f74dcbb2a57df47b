SELECT id, pad FROM receipts WHERE reference = 'R777' UNION ALL SELECT id, pad FROM receipts WHERE reference = 'R778'
