SELECT id FROM terms WHERE term COLLATE "en-x-icu" = 'c4ca4238a0b923820dcc509a6f75849b'
