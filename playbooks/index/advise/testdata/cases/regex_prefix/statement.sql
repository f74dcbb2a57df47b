SELECT note FROM hosts WHERE name ~ '^h00123'
