-- The first two weeks of flights-3m.parquet: consecutive in event time, nothing sampled away.
-- All five columns order the rows, so that ties of one minute always come in the same order.
COPY (
    SELECT strftime(date, '%Y-%m-%d %H:%M') AS date, delay, distance, origin, destination
    FROM 'package/data/flights-3m.parquet'
    WHERE date < TIMESTAMP '2001-01-15 00:00:00'
    ORDER BY ALL
) TO 'flights.csv' (HEADER);
