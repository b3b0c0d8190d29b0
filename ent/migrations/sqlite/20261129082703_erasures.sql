-- Create "erasures" table
CREATE TABLE `erasures` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `user_id` integer NULL,
  `mode` text NOT NULL,
  `token_hash` blob NOT NULL,
  `done` integer NOT NULL DEFAULT (0),
  `total` integer NOT NULL DEFAULT (0),
  `requested_at` datetime NOT NULL,
  `finished_at` datetime NULL
);
-- Create index "erasures_user_id_key" to table: "erasures"
CREATE UNIQUE INDEX `erasures_user_id_key` ON `erasures` (`user_id`);
-- Create index "erasures_token_hash_key" to table: "erasures"
CREATE UNIQUE INDEX `erasures_token_hash_key` ON `erasures` (`token_hash`);
-- Create index "erasure_finished_at" to table: "erasures"
CREATE INDEX `erasure_finished_at` ON `erasures` (`finished_at`);
