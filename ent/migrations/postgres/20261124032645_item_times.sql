-- Modify "item_statistics" table
ALTER TABLE "item_statistics" ADD COLUMN "timed" bigint NOT NULL DEFAULT 0, ADD COLUMN "time_ms_sum" bigint NOT NULL DEFAULT 0;
