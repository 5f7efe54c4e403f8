-- Reads the statistics of the server, and no table. With the password of make-secrets.sh.
\set ON_ERROR_STOP on
SELECT 'CREATE ROLE switchyard_monitoring' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'switchyard_monitoring') \gexec
ALTER ROLE switchyard_monitoring LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 5 PASSWORD :'monitoring_password';
GRANT CONNECT ON DATABASE :"DBNAME" TO switchyard_monitoring;
GRANT pg_monitor TO switchyard_monitoring;
