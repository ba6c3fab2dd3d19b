#pragma once
// What is asked of PostgreSQL's catalogue about one role ($1). Statements that change something are
// put together by the server's own quoting (format with %I and %L).

#include <string_view>

namespace strongroom::connector_postgres {

/// Attributes as ALTER ROLE takes them, one a row: some may be named by a superuser only, so only
/// those that differ are.
inline constexpr std::string_view kAttributes = R"(
SELECT unnest(ARRAY[
  CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
  CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
  CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
  CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
  CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
  CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END,
  CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
  format('CONNECTION LIMIT %s', rolconnlimit),
  format('VALID UNTIL %L', coalesce(rolvaliduntil::text, 'infinity'))])
FROM pg_catalog.pg_roles WHERE rolname = $1::name)";

/// Settings (ALTER ROLE … SET), as what follows the role's name.
inline constexpr std::string_view kSettings = R"(
SELECT format('%s SET %s TO %s',
  CASE WHEN s.setdatabase = 0 THEN '' ELSE format(' IN DATABASE %I', d.datname) END,
  split_part(c, '=', 1),
  -- Lists are stored as they are written; anything else is one value.
  CASE WHEN split_part(c, '=', 1) IN ('search_path', 'temp_tablespaces',
    'local_preload_libraries', 'session_preload_libraries')
  THEN substr(c, strpos(c, '=') + 1) ELSE quote_literal(substr(c, strpos(c, '=') + 1)) END)
FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
CROSS JOIN LATERAL unnest(s.setconfig) AS c
WHERE r.rolname = $1::name)";

/// Memberships, and direct grants in this database: grant, what follows the grantee, revoke.
inline constexpr std::string_view kRights = R"(
WITH me AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1::name),
acls AS (
  SELECT format('DATABASE %I', datname) AS object, datacl AS acl FROM pg_catalog.pg_database
  UNION ALL
  SELECT format('SCHEMA %I', nspname), nspacl FROM pg_catalog.pg_namespace
  UNION ALL
  SELECT format('%s %I.%I', CASE WHEN relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
                n.nspname, c.relname), relacl
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE relacl IS NOT NULL
  UNION ALL
  SELECT format('%s %s', CASE prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
                p.oid::regprocedure), proacl
  FROM pg_catalog.pg_proc p WHERE proacl IS NOT NULL),
columns AS (
  SELECT format('(%I) ON TABLE %I.%I', attname, n.nspname, c.relname) AS object, attacl AS acl
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE attacl IS NOT NULL)
SELECT format('GRANT %I TO ', g.rolname),
  CASE WHEN m.admin_option THEN ' WITH ADMIN OPTION' ELSE '' END,
  format('REVOKE %I FROM ', g.rolname)
FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
JOIN me ON me.oid = m.member
UNION
SELECT format('GRANT %s ON %s TO ', x.privilege_type, object),
  CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END,
  format('REVOKE %s ON %s FROM ', x.privilege_type, object)
FROM acls CROSS JOIN LATERAL aclexplode(acl) x JOIN me ON me.oid = x.grantee
UNION
SELECT format('GRANT %s %s TO ', x.privilege_type, object),
  CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END,
  format('REVOKE %s %s FROM ', x.privilege_type, object)
FROM columns CROSS JOIN LATERAL aclexplode(acl) x JOIN me ON me.oid = x.grantee)";

/// How many objects of any database the role owns.
inline constexpr std::string_view kOwnedObjects = R"(
SELECT count(*) FROM pg_catalog.pg_shdepend d JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
WHERE d.deptype = 'o' AND d.refclassid = 'pg_catalog.pg_authid'::regclass
  AND r.rolname = $1::name)";

inline constexpr std::string_view kIsMember = R"(
SELECT 1 FROM pg_catalog.pg_auth_members m
JOIN pg_catalog.pg_roles u ON u.oid = m.member JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
WHERE u.rolname = $1::name AND g.rolname = $2::name)";

}  // namespace strongroom::connector_postgres
