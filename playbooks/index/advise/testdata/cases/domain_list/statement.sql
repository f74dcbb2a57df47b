SELECT id, note FROM bills WHERE cust IN (5, 7) OR ext = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b'
