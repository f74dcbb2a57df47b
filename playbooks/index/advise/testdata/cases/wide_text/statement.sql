SELECT id FROM urls WHERE url = 'https://example.com/x'
