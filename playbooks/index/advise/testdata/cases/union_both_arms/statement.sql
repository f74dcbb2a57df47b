SELECT id, pad FROM invoices WHERE reference = 'R777' UNION ALL SELECT id, pad FROM credit_notes WHERE reference = 'R777'
