-- Modify "data_exports" table
ALTER TABLE "data_exports" ADD COLUMN "version" bigint NOT NULL DEFAULT 1;
