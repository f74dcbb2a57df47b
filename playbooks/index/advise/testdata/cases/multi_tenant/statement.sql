SELECT id, subject FROM app.tickets WHERE tenant_id = 1 AND state = 'open' ORDER BY opened DESC LIMIT 20
