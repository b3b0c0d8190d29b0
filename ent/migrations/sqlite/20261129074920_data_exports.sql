-- Create "data_exports" table
CREATE TABLE `data_exports` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `state` text NOT NULL DEFAULT ('PENDING'),
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
-- Create index "dataexport_one_pending" to table: "data_exports"
CREATE UNIQUE INDEX `dataexport_one_pending` ON `data_exports` (`user_id`) WHERE state = 'PENDING';
-- Create index "dataexport_user_id_id" to table: "data_exports"
CREATE INDEX `dataexport_user_id_id` ON `data_exports` (`user_id`, `id`);
-- Create index "dataexport_expires_at" to table: "data_exports"
CREATE INDEX `dataexport_expires_at` ON `data_exports` (`expires_at`);
-- Create "data_export_parts" table
CREATE TABLE `data_export_parts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `attempt` integer NOT NULL,
  `position` integer NOT NULL,
  `content` blob NOT NULL,
  `export_id` integer NOT NULL,
  CONSTRAINT `data_export_parts_data_exports_parts` FOREIGN KEY (`export_id`) REFERENCES `data_exports` (`id`) ON DELETE NO ACTION
);
-- Create index "dataexportpart_export_id_attempt_position" to table: "data_export_parts"
CREATE UNIQUE INDEX `dataexportpart_export_id_attempt_position` ON `data_export_parts` (`export_id`, `attempt`, `position`);
