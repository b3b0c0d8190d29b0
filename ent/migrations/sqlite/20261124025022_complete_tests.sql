-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create "new_responses" table
CREATE TABLE `new_responses` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `position` integer NOT NULL,
  `served_at` datetime NOT NULL,
  `answered_at` datetime NULL,
  `option_id` text NULL,
  `is_correct` bool NULL,
  `time_ms` integer NULL,
  `client_answered_at` datetime NULL,
  `late` bool NOT NULL DEFAULT (false),
  `stimulus_finished_at` datetime NULL,
  `answer_key` text NULL,
  `theta` real NULL,
  `standard_error` real NULL,
  `question_id` integer NOT NULL,
  `session_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `responses_questions_responses` FOREIGN KEY (`question_id`) REFERENCES `questions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `responses_test_sessions_responses` FOREIGN KEY (`session_id`) REFERENCES `test_sessions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `responses_users_responses` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Copy rows from old table "responses" to new temporary table "new_responses"
INSERT INTO `new_responses` (`id`, `position`, `served_at`, `answered_at`, `option_id`, `is_correct`, `time_ms`, `theta`, `standard_error`, `question_id`, `session_id`, `user_id`) SELECT `id`, `position`, `served_at`, `answered_at`, `option_id`, `is_correct`, `time_ms`, `theta`, `standard_error`, `question_id`, `session_id`, `user_id` FROM `responses`;
-- Drop "responses" table after copying rows
DROP TABLE `responses`;
-- Rename temporary table "new_responses" to "responses"
ALTER TABLE `new_responses` RENAME TO `responses`;
-- Create index "response_session_id_position" to table: "responses"
CREATE UNIQUE INDEX `response_session_id_position` ON `responses` (`session_id`, `position`);
-- Create index "response_user_id_question_id" to table: "responses"
CREATE UNIQUE INDEX `response_user_id_question_id` ON `responses` (`user_id`, `question_id`);
-- Create index "response_session_id_answer_key" to table: "responses"
CREATE UNIQUE INDEX `response_session_id_answer_key` ON `responses` (`session_id`, `answer_key`);
-- Create index "response_user_id_id" to table: "responses"
CREATE INDEX `response_user_id_id` ON `responses` (`user_id`, `id`);
-- Create index "response_question_id_id" to table: "responses"
CREATE INDEX `response_question_id_id` ON `responses` (`question_id`, `id`);
-- Create "new_test_results" table
CREATE TABLE `new_test_results` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `method` text NOT NULL,
  `score` real NOT NULL,
  `percentile` real NOT NULL,
  `interval_status` text NOT NULL,
  `interval_lower` real NULL,
  `interval_upper` real NULL,
  `interval_level` real NULL,
  `theta` real NULL,
  `standard_error` real NULL,
  `standard_error_of_measurement` real NULL,
  `reliability` real NULL,
  `duration_ms` integer NOT NULL DEFAULT (0),
  `time_limit_exceeded` bool NOT NULL DEFAULT (false),
  `change` real NULL,
  `change_index` real NULL,
  `change_verdict` text NULL,
  `total` integer NOT NULL,
  `correct` integer NOT NULL,
  `domain_scores` json NOT NULL,
  `scored_at` datetime NOT NULL,
  `previous_id` integer NULL,
  `session_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `test_results_test_results_later` FOREIGN KEY (`previous_id`) REFERENCES `test_results` (`id`) ON DELETE SET NULL,
  CONSTRAINT `test_results_test_sessions_result` FOREIGN KEY (`session_id`) REFERENCES `test_sessions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `test_results_users_results` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Copy rows from old table "test_results" to new temporary table "new_test_results"
INSERT INTO `new_test_results` (`id`, `method`, `score`, `percentile`, `interval_status`, `interval_lower`, `interval_upper`, `interval_level`, `theta`, `standard_error`, `total`, `correct`, `domain_scores`, `scored_at`, `session_id`, `user_id`) SELECT `id`, `method`, `score`, `percentile`, `interval_status`, `interval_lower`, `interval_upper`, `interval_level`, `theta`, `standard_error`, `total`, `correct`, `domain_scores`, `scored_at`, `session_id`, `user_id` FROM `test_results`;
-- Drop "test_results" table after copying rows
DROP TABLE `test_results`;
-- Rename temporary table "new_test_results" to "test_results"
ALTER TABLE `new_test_results` RENAME TO `test_results`;
-- Create index "test_results_session_id_key" to table: "test_results"
CREATE UNIQUE INDEX `test_results_session_id_key` ON `test_results` (`session_id`);
-- Create index "testresult_user_id_id" to table: "test_results"
CREATE INDEX `testresult_user_id_id` ON `test_results` (`user_id`, `id`);
-- Create index "testresult_previous_id" to table: "test_results"
CREATE INDEX `testresult_previous_id` ON `test_results` (`previous_id`);
-- Create "new_test_sessions" table
CREATE TABLE `new_test_sessions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `kind` text NOT NULL,
  `state` text NOT NULL DEFAULT ('IN_PROGRESS'),
  `version` integer NOT NULL DEFAULT (1),
  `seed` integer NOT NULL,
  `prior_mean` real NOT NULL DEFAULT (0),
  `prior_sd` real NOT NULL DEFAULT (1),
  `maximum` integer NOT NULL,
  `answered` integer NOT NULL DEFAULT (0),
  `theta` real NOT NULL DEFAULT (0),
  `standard_error` real NOT NULL DEFAULT (1),
  `steps` json NOT NULL,
  `seen` json NOT NULL,
  `blueprint` json NULL,
  `composition` json NULL,
  `due_at` datetime NULL,
  `time_limit_exceeded` bool NOT NULL DEFAULT (false),
  `start_key` text NULL,
  `submit_key` text NULL,
  `counted_at` datetime NULL,
  `stop_reason` text NULL,
  `source` text NULL,
  `external_ref` text NULL,
  `started_at` datetime NOT NULL,
  `last_activity_at` datetime NOT NULL,
  `ended_at` datetime NULL,
  `open_question_id` integer NULL,
  `revision_id` integer NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `test_sessions_questions_open_question` FOREIGN KEY (`open_question_id`) REFERENCES `questions` (`id`) ON DELETE SET NULL,
  CONSTRAINT `test_sessions_engine_revisions_revision` FOREIGN KEY (`revision_id`) REFERENCES `engine_revisions` (`id`) ON DELETE SET NULL,
  CONSTRAINT `test_sessions_users_sessions` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `answered_within_maximum` CHECK (answered >= 0 AND answered <= maximum),
  CONSTRAINT `ended_when_final` CHECK (CASE WHEN state = 'IN_PROGRESS' THEN ended_at IS NULL ELSE ended_at IS NOT NULL END)
);
-- Copy rows from old table "test_sessions" to new temporary table "new_test_sessions"
INSERT INTO `new_test_sessions` (`id`, `kind`, `state`, `version`, `seed`, `prior_mean`, `prior_sd`, `maximum`, `answered`, `theta`, `standard_error`, `steps`, `seen`, `stop_reason`, `source`, `external_ref`, `started_at`, `last_activity_at`, `ended_at`, `open_question_id`, `user_id`) SELECT `id`, `kind`, `state`, `version`, `seed`, `prior_mean`, `prior_sd`, `maximum`, `answered`, `theta`, `standard_error`, `steps`, `seen`, `stop_reason`, `source`, `external_ref`, `started_at`, `last_activity_at`, `ended_at`, `open_question_id`, `user_id` FROM `test_sessions`;
-- Drop "test_sessions" table after copying rows
DROP TABLE `test_sessions`;
-- Rename temporary table "new_test_sessions" to "test_sessions"
ALTER TABLE `new_test_sessions` RENAME TO `test_sessions`;
-- Create index "test_sessions_external_ref_key" to table: "test_sessions"
CREATE UNIQUE INDEX `test_sessions_external_ref_key` ON `test_sessions` (`external_ref`);
-- Create index "testsession_one_in_progress" to table: "test_sessions"
CREATE UNIQUE INDEX `testsession_one_in_progress` ON `test_sessions` (`user_id`) WHERE state = 'IN_PROGRESS';
-- Create index "testsession_user_id_id" to table: "test_sessions"
CREATE INDEX `testsession_user_id_id` ON `test_sessions` (`user_id`, `id`);
-- Create index "testsession_user_id_start_key" to table: "test_sessions"
CREATE UNIQUE INDEX `testsession_user_id_start_key` ON `test_sessions` (`user_id`, `start_key`);
-- Create index "testsession_state_last_activity_at" to table: "test_sessions"
CREATE INDEX `testsession_state_last_activity_at` ON `test_sessions` (`state`, `last_activity_at`);
-- Create index "testsession_source" to table: "test_sessions"
CREATE INDEX `testsession_source` ON `test_sessions` (`source`);
-- Create "new_users" table
CREATE TABLE `new_users` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `email` text NULL,
  `email_key` text NULL,
  `password_hash` text NULL,
  `display_name` text NULL,
  `role` text NOT NULL DEFAULT ('TAKER'),
  `guest` bool NOT NULL DEFAULT (false),
  `birth_year` integer NULL,
  `country` text NULL,
  `cooldown_bypass` bool NOT NULL DEFAULT (false),
  `external_ref` text NULL,
  `tokens_revoked_before` datetime NULL,
  `last_login_at` datetime NULL,
  `created_at` datetime NOT NULL
);
-- Copy rows from old table "users" to new temporary table "new_users"
INSERT INTO `new_users` (`id`, `email`, `email_key`, `password_hash`, `display_name`, `role`, `birth_year`, `country`, `cooldown_bypass`, `external_ref`, `tokens_revoked_before`, `last_login_at`, `created_at`) SELECT `id`, `email`, `email_key`, `password_hash`, `display_name`, `role`, `birth_year`, `country`, `cooldown_bypass`, `external_ref`, `tokens_revoked_before`, `last_login_at`, `created_at` FROM `users`;
-- Drop "users" table after copying rows
DROP TABLE `users`;
-- Rename temporary table "new_users" to "users"
ALTER TABLE `new_users` RENAME TO `users`;
-- Create index "users_email_key_key" to table: "users"
CREATE UNIQUE INDEX `users_email_key_key` ON `users` (`email_key`);
-- Create index "users_external_ref_key" to table: "users"
CREATE UNIQUE INDEX `users_external_ref_key` ON `users` (`external_ref`);
-- Create index "user_created_at" to table: "users"
CREATE INDEX `user_created_at` ON `users` (`created_at`);
-- Create "engine_revisions" table
CREATE TABLE `engine_revisions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `digest` text NOT NULL,
  `content` blob NOT NULL,
  `created_at` datetime NOT NULL
);
-- Create index "engine_revisions_digest_key" to table: "engine_revisions"
CREATE UNIQUE INDEX `engine_revisions_digest_key` ON `engine_revisions` (`digest`);
-- Create "groups" table
CREATE TABLE `groups` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL,
  `created_at` datetime NOT NULL,
  `owner_id` integer NOT NULL,
  CONSTRAINT `groups_users_owner` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "group_owner_id" to table: "groups"
CREATE INDEX `group_owner_id` ON `groups` (`owner_id`);
-- Create "group_invitations" table
CREATE TABLE `group_invitations` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `code` text NOT NULL,
  `uses` integer NOT NULL DEFAULT (0),
  `max_uses` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `revoked_at` datetime NULL,
  `group_id` integer NOT NULL,
  `created_by_id` integer NOT NULL,
  CONSTRAINT `group_invitations_groups_invitations` FOREIGN KEY (`group_id`) REFERENCES `groups` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `group_invitations_users_created_by` FOREIGN KEY (`created_by_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "group_invitations_code_key" to table: "group_invitations"
CREATE UNIQUE INDEX `group_invitations_code_key` ON `group_invitations` (`code`);
-- Create index "groupinvitation_group_id_id" to table: "group_invitations"
CREATE INDEX `groupinvitation_group_id_id` ON `group_invitations` (`group_id`, `id`);
-- Create index "groupinvitation_created_by_id" to table: "group_invitations"
CREATE INDEX `groupinvitation_created_by_id` ON `group_invitations` (`created_by_id`);
-- Create "group_memberships" table
CREATE TABLE `group_memberships` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `shares_score` bool NOT NULL DEFAULT (false),
  `joined_at` datetime NOT NULL,
  `group_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `group_memberships_groups_memberships` FOREIGN KEY (`group_id`) REFERENCES `groups` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `group_memberships_users_memberships` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "groupmembership_group_id_user_id" to table: "group_memberships"
CREATE UNIQUE INDEX `groupmembership_group_id_user_id` ON `group_memberships` (`group_id`, `user_id`);
-- Create index "groupmembership_user_id_id" to table: "group_memberships"
CREATE INDEX `groupmembership_user_id_id` ON `group_memberships` (`user_id`, `id`);
-- Create "guest_devices" table
CREATE TABLE `guest_devices` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `device_hash` text NOT NULL,
  `tests` integer NOT NULL DEFAULT (0),
  `created_at` datetime NOT NULL,
  `last_started_at` datetime NOT NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `guest_devices_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "guest_devices_device_hash_key" to table: "guest_devices"
CREATE UNIQUE INDEX `guest_devices_device_hash_key` ON `guest_devices` (`device_hash`);
-- Create index "guestdevice_user_id" to table: "guest_devices"
CREATE INDEX `guestdevice_user_id` ON `guest_devices` (`user_id`);
-- Create "reliability_metrics" table
CREATE TABLE `reliability_metrics` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `measure` text NOT NULL,
  `value` real NULL,
  `sessions` integer NOT NULL,
  `items` integer NOT NULL,
  `computed_at` datetime NOT NULL
);
-- Create index "reliabilitymetric_measure_id" to table: "reliability_metrics"
CREATE INDEX `reliabilitymetric_measure_id` ON `reliability_metrics` (`measure`, `id`);
-- Create "score_counts" table
CREATE TABLE `score_counts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `population` text NOT NULL,
  `measure` text NOT NULL,
  `bin` integer NOT NULL,
  `results` integer NOT NULL DEFAULT (0)
);
-- Create index "scorecount_population_measure_bin" to table: "score_counts"
CREATE UNIQUE INDEX `scorecount_population_measure_bin` ON `score_counts` (`population`, `measure`, `bin`);
-- Create "session_validities" table
CREATE TABLE `session_validities` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `verdict` text NOT NULL,
  `severity` integer NOT NULL,
  `confidence` real NOT NULL,
  `evidence` json NOT NULL,
  `judged_at` datetime NOT NULL,
  `override_verdict` text NULL,
  `override_reason` text NULL,
  `overridden_at` datetime NULL,
  `overridden_by_id` integer NULL,
  `session_id` integer NOT NULL,
  CONSTRAINT `session_validities_users_overridden_by` FOREIGN KEY (`overridden_by_id`) REFERENCES `users` (`id`) ON DELETE SET NULL,
  CONSTRAINT `session_validities_test_sessions_validity` FOREIGN KEY (`session_id`) REFERENCES `test_sessions` (`id`) ON DELETE NO ACTION
);
-- Create index "session_validities_session_id_key" to table: "session_validities"
CREATE UNIQUE INDEX `session_validities_session_id_key` ON `session_validities` (`session_id`);
-- Create index "sessionvalidity_verdict_id" to table: "session_validities"
CREATE INDEX `sessionvalidity_verdict_id` ON `session_validities` (`verdict`, `id`);
-- Create index "sessionvalidity_overridden_by_id" to table: "session_validities"
CREATE INDEX `sessionvalidity_overridden_by_id` ON `session_validities` (`overridden_by_id`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
