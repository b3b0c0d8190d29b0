-- Add column "region" to table: "users"
ALTER TABLE `users` ADD COLUMN `region` text NULL;
-- Add column "education_level" to table: "users"
ALTER TABLE `users` ADD COLUMN `education_level` text NULL;
