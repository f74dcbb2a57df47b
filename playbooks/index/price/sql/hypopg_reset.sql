-- Forgets the hypothetical indexes of this session: they survive the end of the transaction. {schema} is where HypoPG is. Costs 0.1 ms. Versions 13 and later.
SELECT /* pgmedic:hypopg_reset */ {schema}.hypopg_reset()
