-- Add column "submit_digest" to table: "test_sessions"
ALTER TABLE `test_sessions` ADD COLUMN `submit_digest` blob NULL;
