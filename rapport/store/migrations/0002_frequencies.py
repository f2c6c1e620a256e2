"""Which keys are common: what PostgreSQL knows, for the choice of where a search begins.

A function of the owner, because the statistics of a table are not shown to a role that owns nothing or
that row-level security holds back. It tells hashes and shares, no content.
"""

from __future__ import annotations

from django.db import migrations

CREATE = """
CREATE FUNCTION index_frequencies() RETURNS TABLE (source text, key bigint, share float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
BEGIN ATOMIC
    SELECT s.tablename || '.' || s.attname, f.key, f.share::float8
    FROM pg_stats s, unnest(s.most_common_vals::text::bigint[], s.most_common_freqs) AS f(key, share)
    WHERE s.tablename IN ('index_token', 'index_ref') AND s.attname IN ('key', 'target')
    UNION ALL
    SELECT c.relname || '.rows', 0, greatest(c.reltuples, 0)::float8
    FROM pg_class c WHERE c.oid IN ('index_token'::regclass, 'index_ref'::regclass);
END;
"""


class Migration(migrations.Migration):
    """One function."""

    dependencies = [("store", "0001_record")]
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION index_frequencies();")]
