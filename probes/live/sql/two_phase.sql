-- Sent by an action that a person confirmed, just before ROLLBACK PREPARED and in the same session: whether a prepared transaction is what was shown.
-- Identifiers are used again: the transaction's id, its owner and its time tell whether it is the same.
-- $1 its transaction id, $2 its identifier, $3 its owner, $4 when it was prepared.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:two_phase */ COALESCE(p.gid = $2 AND p.ownerid = $3 AND p.prepared = $4, false)
FROM pg_prepared_xact() AS p
WHERE p.transaction = $1::xid
