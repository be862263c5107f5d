-- Which days are closed, and what rules remember of them. The tables: ledger/store/migrations.

-- name: select_closed
SELECT day, sizes FROM supervision.closed_days

-- name: select_row
-- Rows and day belong together, and one statement sees both at one moment.
SELECT closed.day, held.key, held.value FROM supervision.closed_days AS closed
LEFT JOIN supervision.day_rows AS held ON held.rule_id = %(rule)s AND held.key = %(key)s

-- name: select_page
SELECT closed.day, held.key, held.value FROM supervision.closed_days AS closed
LEFT JOIN LATERAL (
    SELECT key, value FROM supervision.day_rows
    WHERE rule_id = %(rule)s AND key >= %(start)s AND key > %(after)s AND key < %(end)s
    ORDER BY key LIMIT %(limit)s
) AS held ON true
ORDER BY held.key

-- name: begin
INSERT INTO supervision.closed_days (day, sizes) VALUES (%(day)s, %(sizes)s) ON CONFLICT DO NOTHING

-- name: advance
-- Of two engines one may be behind the other: only who stands where the day is moves it.
UPDATE supervision.closed_days SET day = %(day)s, sizes = %(sizes)s WHERE day = %(start)s

-- name: clear
DELETE FROM supervision.day_rows

-- name: put
INSERT INTO supervision.day_rows (rule_id, key, value)
SELECT rule_id, key, value::jsonb
FROM unnest(%(rules)s::text[], %(keys)s::text[], %(rows)s::text[]) AS put (rule_id, key, value)
ON CONFLICT (rule_id, key) DO UPDATE SET value = excluded.value

-- name: remove
DELETE FROM supervision.day_rows AS held
USING unnest(%(rules)s::text[], %(keys)s::text[]) AS gone (rule_id, key)
WHERE held.rule_id = gone.rule_id AND held.key = gone.key
