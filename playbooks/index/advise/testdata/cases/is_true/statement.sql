SELECT id FROM parcels WHERE lost IS TRUE
