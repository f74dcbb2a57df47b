CREATE TABLE flights (airline int NOT NULL, number int NOT NULL, PRIMARY KEY (airline, number));
INSERT INTO flights SELECT n % 20, n / 20 FROM generate_series(0, 3999) AS n;
CREATE TABLE seats (id bigint, airline int NOT NULL, number int NOT NULL, seat int NOT NULL, FOREIGN KEY (airline, number) REFERENCES flights ON DELETE CASCADE);
INSERT INTO seats SELECT n, n % 20, n / 20 % 200, n / 4000 FROM generate_series(0, 59999) AS n;
VACUUM ANALYZE flights, seats;
