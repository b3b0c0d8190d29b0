-- Create "api_keys" table
CREATE TABLE `api_keys` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL,
  `prefix` text NOT NULL,
  `secret_hash` text NOT NULL,
  `scopes` json NOT NULL,
  `created_at` datetime NOT NULL,
  `expires_at` datetime NULL,
  `revoked_at` datetime NULL,
  `last_used_at` datetime NULL,
  `created_by_id` integer NULL,
  CONSTRAINT `api_keys_users_created_by` FOREIGN KEY (`created_by_id`) REFERENCES `users` (`id`) ON DELETE SET NULL
);
-- Create index "api_keys_secret_hash_key" to table: "api_keys"
CREATE UNIQUE INDEX `api_keys_secret_hash_key` ON `api_keys` (`secret_hash`);
-- Create index "apikey_created_by_id" to table: "api_keys"
CREATE INDEX `apikey_created_by_id` ON `api_keys` (`created_by_id`);
-- Create "audit_entries" table
CREATE TABLE `audit_entries` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `actor_kind` text NOT NULL,
  `action` text NOT NULL,
  `target_kind` text NOT NULL,
  `target_key` integer NOT NULL,
  `changes` json NOT NULL,
  `reason` text NULL,
  `request_id` text NULL,
  `address` text NULL,
  `created_at` datetime NOT NULL,
  `actor_id` integer NULL,
  `api_key_id` integer NULL,
  CONSTRAINT `audit_entries_users_actor` FOREIGN KEY (`actor_id`) REFERENCES `users` (`id`) ON DELETE SET NULL,
  CONSTRAINT `audit_entries_api_keys_api_key` FOREIGN KEY (`api_key_id`) REFERENCES `api_keys` (`id`) ON DELETE SET NULL
);
-- Create index "auditentry_actor_id_id" to table: "audit_entries"
CREATE INDEX `auditentry_actor_id_id` ON `audit_entries` (`actor_id`, `id`);
-- Create index "auditentry_target_kind_target_key_id" to table: "audit_entries"
CREATE INDEX `auditentry_target_kind_target_key_id` ON `audit_entries` (`target_kind`, `target_key`, `id`);
-- Create index "auditentry_action_id" to table: "audit_entries"
CREATE INDEX `auditentry_action_id` ON `audit_entries` (`action`, `id`);
-- Create index "auditentry_created_at" to table: "audit_entries"
CREATE INDEX `auditentry_created_at` ON `audit_entries` (`created_at`);
-- Create "client_events" table
CREATE TABLE `client_events` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `event_key` text NULL,
  `name` text NOT NULL,
  `client_time` datetime NOT NULL,
  `properties` json NULL,
  `platform` text NULL,
  `app_version` text NULL,
  `device_id` text NULL,
  `received_at` datetime NOT NULL,
  `user_id` integer NULL,
  CONSTRAINT `client_events_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
);
-- Create index "client_events_event_key_key" to table: "client_events"
CREATE UNIQUE INDEX `client_events_event_key_key` ON `client_events` (`event_key`);
-- Create index "clientevent_user_id_id" to table: "client_events"
CREATE INDEX `clientevent_user_id_id` ON `client_events` (`user_id`, `id`);
-- Create index "clientevent_name_id" to table: "client_events"
CREATE INDEX `clientevent_name_id` ON `client_events` (`name`, `id`);
-- Create index "clientevent_received_at" to table: "client_events"
CREATE INDEX `clientevent_received_at` ON `client_events` (`received_at`);
-- Create "feedback" table
CREATE TABLE `feedback` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `category` text NOT NULL,
  `text` text NOT NULL,
  `contact` text NULL,
  `app_version` text NULL,
  `status` text NOT NULL DEFAULT ('NEW'),
  `note` text NULL,
  `client_key` text NULL,
  `created_at` datetime NOT NULL,
  `changed_at` datetime NOT NULL,
  `user_id` integer NULL,
  `session_id` integer NULL,
  `question_id` integer NULL,
  CONSTRAINT `feedback_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE SET NULL,
  CONSTRAINT `feedback_test_sessions_session` FOREIGN KEY (`session_id`) REFERENCES `test_sessions` (`id`) ON DELETE SET NULL,
  CONSTRAINT `feedback_questions_question` FOREIGN KEY (`question_id`) REFERENCES `questions` (`id`) ON DELETE SET NULL
);
-- Create index "feedback_client_key_key" to table: "feedback"
CREATE UNIQUE INDEX `feedback_client_key_key` ON `feedback` (`client_key`);
-- Create index "feedback_user_id_id" to table: "feedback"
CREATE INDEX `feedback_user_id_id` ON `feedback` (`user_id`, `id`);
-- Create index "feedback_question_id_id" to table: "feedback"
CREATE INDEX `feedback_question_id_id` ON `feedback` (`question_id`, `id`);
-- Create index "feedback_session_id" to table: "feedback"
CREATE INDEX `feedback_session_id` ON `feedback` (`session_id`);
-- Create index "feedback_status_id" to table: "feedback"
CREATE INDEX `feedback_status_id` ON `feedback` (`status`, `id`);
