-- Modify "users" table
ALTER TABLE "users" ADD COLUMN "region" character varying NULL, ADD COLUMN "education_level" character varying NULL;
