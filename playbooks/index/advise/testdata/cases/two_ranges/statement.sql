SELECT note FROM trips WHERE began >= '2026-02-11 00:00+00' AND miles > 9000
