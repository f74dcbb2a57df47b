SELECT sum(amount) FROM lines WHERE invoice = (SELECT id FROM invoices WHERE id = 5)
