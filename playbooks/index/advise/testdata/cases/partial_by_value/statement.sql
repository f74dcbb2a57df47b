SELECT note FROM parcels WHERE state = 1
