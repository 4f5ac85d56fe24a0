-- How a room says who may see its tables (law 3). Every table of a room is protected, shared or closed; the view
-- kernel.table_protection lists which, and tests of the apps read it.

GRANT USAGE ON SCHEMA kernel TO :app, :worker;

CREATE FUNCTION kernel.grant_table(target regclass, privileges text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  room text;
BEGIN
  SELECT n.nspname INTO STRICT room FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO :app, :worker', room);
  EXECUTE format('GRANT %s ON %s TO :app, :worker', privileges, target);
  EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO :app, :worker', room);
END $$;

-- Row-level security by organisation. Without bithive.org_id nothing is shown: after a transaction that set it,
-- current_setting gives '' and not NULL, so '' counts as unset too.
CREATE FUNCTION kernel.isolate(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format(
    'CREATE POLICY organisation ON %s TO :app USING (org_id = NULLIF(current_setting(''bithive.org_id'', true), ''''))
     WITH CHECK (org_id = NULLIF(current_setting(''bithive.org_id'', true), ''''))', target);
  EXECUTE format('CREATE POLICY every_organisation ON %s TO :worker USING (true) WITH CHECK (true)', target);
  -- An owner that is not a superuser still has to migrate and to back up.
  EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', target);
END $$;

-- A table whose rows belong to one organisation each: it has a column org_id.
CREATE FUNCTION kernel.protect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM kernel.isolate(target);
  PERFORM kernel.grant_table(target, 'SELECT, INSERT, UPDATE, DELETE');
END $$;

-- A table whose rows belong to two organisations or to none; the room's page in docs says why and who may see it.
CREATE FUNCTION kernel.share(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM kernel.grant_table(target, 'SELECT, INSERT, UPDATE, DELETE');
END $$;

CREATE VIEW kernel.table_protection AS
  SELECT n.nspname AS room, c.relname AS table_name,
    CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 'organisation'
         WHEN has_table_privilege(':app', c.oid, 'SELECT, INSERT, UPDATE, DELETE') THEN 'shared'
         ELSE 'closed' END AS protection
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND EXISTS (SELECT 1 FROM kernel.migration m WHERE m.room = n.nspname);

GRANT SELECT ON kernel.installation, kernel.migration, kernel.table_protection TO :app, :worker;
