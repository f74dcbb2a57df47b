SELECT id FROM accounts WHERE doc -> 'opt' ? 'beta'
