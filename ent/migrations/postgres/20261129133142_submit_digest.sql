-- Modify "test_sessions" table
ALTER TABLE "test_sessions" ADD COLUMN "submit_digest" bytea NULL;
