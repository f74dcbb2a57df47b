SELECT queue, count(*) FROM jobs WHERE state = 'failed' GROUP BY queue
