-- Create index "testsession_state_ended_at_id" to table: "test_sessions"
CREATE INDEX `testsession_state_ended_at_id` ON `test_sessions` (`state`, `ended_at`, `id`);
-- Create "devices" table
CREATE TABLE `devices` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `token` text NOT NULL,
  `platform` text NOT NULL,
  `created_at` datetime NOT NULL,
  `last_seen_at` datetime NOT NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `devices_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "devices_token_key" to table: "devices"
CREATE UNIQUE INDEX `devices_token_key` ON `devices` (`token`);
-- Create index "device_user_id_id" to table: "devices"
CREATE INDEX `device_user_id_id` ON `devices` (`user_id`, `id`);
-- Create "notifications" table
CREATE TABLE `notifications` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `kind` text NOT NULL,
  `state` text NOT NULL DEFAULT ('QUEUED'),
  `reached` json NULL,
  `created_at` datetime NOT NULL,
  `delivered_at` datetime NULL,
  `user_id` integer NOT NULL,
  `session_id` integer NOT NULL,
  CONSTRAINT `notifications_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `notifications_test_sessions_session` FOREIGN KEY (`session_id`) REFERENCES `test_sessions` (`id`) ON DELETE NO ACTION
);
-- Create index "notification_session_id_kind" to table: "notifications"
CREATE UNIQUE INDEX `notification_session_id_kind` ON `notifications` (`session_id`, `kind`);
-- Create index "notification_user_id_id" to table: "notifications"
CREATE INDEX `notification_user_id_id` ON `notifications` (`user_id`, `id`);
-- Create "notification_settings" table
CREATE TABLE `notification_settings` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `due` bool NOT NULL DEFAULT (true),
  `nudge` bool NOT NULL DEFAULT (true),
  `encouragement` bool NOT NULL DEFAULT (true),
  `quiet_from` integer NULL,
  `quiet_to` integer NULL,
  `time_zone` text NOT NULL DEFAULT ('UTC'),
  `changed_at` datetime NOT NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `notification_settings_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `quiet_hours_have_two_ends` CHECK (CASE WHEN quiet_from IS NULL THEN quiet_to IS NULL ELSE quiet_to IS NOT NULL AND quiet_to <> quiet_from END)
);
-- Create index "notificationsettings_user_id" to table: "notification_settings"
CREATE UNIQUE INDEX `notificationsettings_user_id` ON `notification_settings` (`user_id`);
