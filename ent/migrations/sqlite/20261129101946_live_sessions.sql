-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create "new_data_exports" table
CREATE TABLE `new_data_exports` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `state` text NOT NULL DEFAULT ('PENDING'),
  `version` integer NOT NULL DEFAULT (1),
  `attempt` integer NOT NULL DEFAULT (0),
  `done` integer NOT NULL DEFAULT (0),
  `total` integer NOT NULL DEFAULT (0),
  `size` integer NOT NULL DEFAULT (0),
  `stored_size` integer NOT NULL DEFAULT (0),
  `requested_at` datetime NOT NULL,
  `finished_at` datetime NULL,
  `expires_at` datetime NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `data_exports_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Copy rows from old table "data_exports" to new temporary table "new_data_exports"
INSERT INTO `new_data_exports` (`id`, `state`, `attempt`, `done`, `total`, `size`, `stored_size`, `requested_at`, `finished_at`, `expires_at`, `user_id`) SELECT `id`, `state`, `attempt`, `done`, `total`, `size`, `stored_size`, `requested_at`, `finished_at`, `expires_at`, `user_id` FROM `data_exports`;
-- Drop "data_exports" table after copying rows
DROP TABLE `data_exports`;
-- Rename temporary table "new_data_exports" to "data_exports"
ALTER TABLE `new_data_exports` RENAME TO `data_exports`;
-- Create index "dataexport_one_pending" to table: "data_exports"
CREATE UNIQUE INDEX `dataexport_one_pending` ON `data_exports` (`user_id`) WHERE state = 'PENDING';
-- Create index "dataexport_user_id_id" to table: "data_exports"
CREATE INDEX `dataexport_user_id_id` ON `data_exports` (`user_id`, `id`);
-- Create index "dataexport_expires_at" to table: "data_exports"
CREATE INDEX `dataexport_expires_at` ON `data_exports` (`expires_at`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
