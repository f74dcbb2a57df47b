SELECT body FROM letters WHERE auth.uid() = owner AND state = auth.any_state()
