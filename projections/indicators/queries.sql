-- Questions to the indicators' view.

-- name: select_totals
SELECT CASE %(by)s
           WHEN 'AGENCY' THEN agency_id
           WHEN 'YEAR' THEN to_char(date '1970-01-01' + day::int4, 'YYYY')
           WHEN 'MONTH' THEN to_char(date '1970-01-01' + day::int4, 'YYYY-MM')
           WHEN 'OUTCOME' THEN coalesce(outcome, '')
           ELSE ''
       END COLLATE "C" AS part,
       coalesce(sum(numerator) FILTER (
           WHERE ripe_at <= %(as_of)s AND met_at <= %(as_of)s
             AND (failed_at IS NULL OR failed_at > %(as_of)s)), 0)::int8,
       coalesce(sum(denominator) FILTER (WHERE ripe_at <= %(as_of)s), 0)::int8,
       count(*) FILTER (WHERE ripe_at <= %(as_of)s),
       count(*) FILTER (WHERE ripe_at > %(as_of)s),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY value)
FROM views.indicator_fact
WHERE indicator_id = %(indicator_id)s
  AND received_at <= %(as_of)s AND (voided_at IS NULL OR voided_at > %(as_of)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
  AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
GROUP BY 1 ORDER BY 1;

-- name: select_detail_totals
SELECT part COLLATE "C" AS part,
       coalesce(sum(numerator) FILTER (
           WHERE ripe_at <= %(as_of)s AND met_at <= %(as_of)s
             AND (failed_at IS NULL OR failed_at > %(as_of)s)), 0)::int8,
       coalesce(sum(denominator) FILTER (WHERE ripe_at <= %(as_of)s), 0)::int8,
       count(*) FILTER (WHERE ripe_at <= %(as_of)s),
       count(*) FILTER (WHERE ripe_at > %(as_of)s),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY value)
FROM views.indicator_fact, string_to_table(detail, ' ') AS part
WHERE indicator_id = %(indicator_id)s
  AND received_at <= %(as_of)s AND (voided_at IS NULL OR voided_at > %(as_of)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
  AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
GROUP BY 1 ORDER BY 1;

-- name: select_latest_totals
SELECT CASE %(by)s WHEN 'AGENCY' THEN agency_id ELSE '' END COLLATE "C" AS part,
       sum(numerator)::int8, sum(denominator)::int8, count(*), 0::int8, NULL::int8
FROM (
    SELECT DISTINCT ON (agency_id) agency_id, numerator, denominator
    FROM views.indicator_fact
    WHERE indicator_id = %(indicator_id)s
      AND received_at <= %(as_of)s AND (voided_at IS NULL OR voided_at > %(as_of)s)
      AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
      AND (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
      AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
    ORDER BY agency_id, day DESC, leaf_index DESC
) AS newest
GROUP BY 1 ORDER BY 1;

-- name: list_facts
SELECT * FROM views.indicator_fact
WHERE indicator_id = %(indicator_id)s
  AND received_at <= %(as_of)s AND (voided_at IS NULL OR voided_at > %(as_of)s)
  AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
  AND (%(from_day)s::int8 IS NULL OR day >= %(from_day)s)
  AND (%(to_day)s::int8 IS NULL OR day <= %(to_day)s)
  AND (%(outcome)s::text IS NULL OR %(outcome)s = CASE
          WHEN ripe_at > %(as_of)s THEN 'PENDING'
          WHEN met_at <= %(as_of)s AND (failed_at IS NULL OR failed_at > %(as_of)s)
               AND numerator >= denominator THEN 'IN'
          ELSE 'OUT' END)
  AND (received_at, event_id) < (%(at)s, %(id)s)
ORDER BY received_at DESC, event_id DESC LIMIT %(limit)s;
