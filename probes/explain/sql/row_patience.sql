-- Sent before some pages of a table are read for a row: how long that may take, in ms. It is undone afterwards.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:row_patience */ set_config('statement_timeout', $1, true)
