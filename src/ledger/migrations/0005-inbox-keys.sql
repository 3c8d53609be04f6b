-- Lists are by key: a repository keeps its key when it is renamed.
CREATE INDEX deliveries_key ON deliveries (key, id);
DROP INDEX deliveries_repository;
