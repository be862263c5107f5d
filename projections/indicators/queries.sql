-- Questions to the indicators' view, each as of a moment: by what was known of facts then.

-- name: select_totals
SELECT CASE %(by)s
           WHEN 'AGENCY' THEN agency_id
           WHEN 'YEAR' THEN to_char(date '1970-01-01' + day::int4, 'YYYY')
           WHEN 'MONTH' THEN to_char(date '1970-01-01' + day::int4, 'YYYY-MM')
           WHEN 'OUTCOME' THEN coalesce(outcome, '')
           ELSE ''
       END COLLATE "C" AS part,
       coalesce(sum(numerator) FILTER (
           WHERE ripe_at <= %(as_of)s AND is_met AND NOT is_failed), 0)::int8,
       coalesce(sum(denominator) FILTER (WHERE ripe_at <= %(as_of)s), 0)::int8,
       count(*) FILTER (WHERE ripe_at <= %(as_of)s),
       count(*) FILTER (WHERE ripe_at > %(as_of)s),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY value),
       count(value), coalesce(sum(value), 0)::text, coalesce(sum(value::numeric * value), 0)::text,
       max(received_at)
FROM views.indicator_fact
WHERE indicator_id = %(indicator_id)s
  AND known_from <= %(as_of)s AND known_to > %(as_of)s
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
  AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
GROUP BY 1 ORDER BY 1;

-- name: select_detail_totals
SELECT part COLLATE "C" AS part,
       coalesce(sum(numerator) FILTER (
           WHERE ripe_at <= %(as_of)s AND is_met AND NOT is_failed), 0)::int8,
       coalesce(sum(denominator) FILTER (WHERE ripe_at <= %(as_of)s), 0)::int8,
       count(*) FILTER (WHERE ripe_at <= %(as_of)s),
       count(*) FILTER (WHERE ripe_at > %(as_of)s),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY value),
       count(value), coalesce(sum(value), 0)::text, coalesce(sum(value::numeric * value), 0)::text,
       max(received_at)
FROM views.indicator_fact, string_to_table(detail, ' ') AS part
WHERE indicator_id = %(indicator_id)s
  AND known_from <= %(as_of)s AND known_to > %(as_of)s
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
  AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
GROUP BY 1 ORDER BY 1;

-- name: select_latest_totals
SELECT CASE %(by)s WHEN 'AGENCY' THEN agency_id ELSE '' END COLLATE "C" AS part,
       coalesce(sum(numerator) FILTER (WHERE is_met AND NOT is_failed), 0)::int8,
       sum(denominator)::int8, count(*), 0::int8, NULL::int8, 0::int8, '0', '0', max(received_at)
FROM (
    SELECT DISTINCT ON (agency_id, coalesce(subject, ''))
           agency_id, numerator, denominator, is_met, is_failed, received_at, until_day
    FROM views.indicator_fact
    WHERE indicator_id = %(indicator_id)s
      AND known_from <= %(as_of)s AND known_to > %(as_of)s
      AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
      AND (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
      AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
    ORDER BY agency_id, coalesce(subject, ''), day DESC, leaf_index DESC
) AS newest
WHERE until_day IS NULL OR until_day > coalesce(%(stock_day)s, 2147483647)
GROUP BY 1 ORDER BY 1;

-- name: select_ranked_totals
SELECT CASE %(by)s
           WHEN 'AGENCY' THEN agency_id
           WHEN 'YEAR' THEN to_char(date '1970-01-01' + day::int4, 'YYYY')
           WHEN 'MONTH' THEN to_char(date '1970-01-01' + day::int4, 'YYYY-MM')
           WHEN 'DETAIL' THEN coalesce(detail, '')
           ELSE ''
       END COLLATE "C" AS part,
       coalesce(sum(numerator) FILTER (WHERE place > value), 0)::int8,
       sum(denominator)::int8, count(*), 0::int8,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY value),
       count(value), coalesce(sum(value), 0)::text, coalesce(sum(value::numeric * value), 0)::text,
       max(received_at)
FROM (
    SELECT f.*, row_number() OVER (
               PARTITION BY agency_id, subject,
                            date_part('year', date '1970-01-01' + day::int4)
               ORDER BY day, received_at, event_id, fact_key) AS place
    FROM views.indicator_fact AS f
    WHERE indicator_id = %(indicator_id)s
      AND known_from <= %(as_of)s AND known_to > %(as_of)s
      AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
) AS ranked
WHERE (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
  AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
GROUP BY 1 ORDER BY 1;

-- name: list_facts
SELECT * FROM views.indicator_fact
WHERE indicator_id = %(indicator_id)s
  AND known_from <= %(as_of)s AND known_to > %(as_of)s
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
  AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
  AND (%(stock_day)s::int8 IS NULL OR until_day IS NULL OR until_day > %(stock_day)s)
  AND (%(outcome)s::text IS NULL OR %(outcome)s = CASE
          WHEN ripe_at > %(as_of)s THEN 'PENDING'
          WHEN is_met AND NOT is_failed AND numerator >= denominator THEN 'IN'
          ELSE 'OUT' END)
  AND (received_at, event_id, fact_key) < (%(at)s, %(event_id)s, %(fact_key)s)
ORDER BY received_at DESC, event_id DESC, fact_key DESC LIMIT %(limit)s;

-- name: list_ranked_facts
SELECT log, stream_id, indicator_id, fact_key, known_to, known_from, event_id, leaf_index,
       agency_id, item_code, event_type, day, occurred_at, received_at, ripe_at, due_at,
       numerator, denominator, place > value AS is_met, met_time, met_event_id, is_failed,
       failed_event_id, value, detail, outcome, subject, until_day
FROM (
    SELECT f.*, row_number() OVER (
               PARTITION BY agency_id, subject,
                            date_part('year', date '1970-01-01' + day::int4)
               ORDER BY day, received_at, event_id, fact_key) AS place
    FROM views.indicator_fact AS f
    WHERE indicator_id = %(indicator_id)s
      AND known_from <= %(as_of)s AND known_to > %(as_of)s
      AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
) AS ranked
WHERE (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
  AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
  AND (%(outcome)s::text IS NULL
       OR %(outcome)s = CASE WHEN place > value THEN 'IN' ELSE 'OUT' END)
  AND (received_at, event_id, fact_key) < (%(at)s, %(event_id)s, %(fact_key)s)
ORDER BY received_at DESC, event_id DESC, fact_key DESC LIMIT %(limit)s;
