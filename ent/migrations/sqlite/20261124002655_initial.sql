-- Create "item_pairs" table
CREATE TABLE `item_pairs` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `first_id` integer NOT NULL,
  `second_id` integer NOT NULL,
  `people` integer NOT NULL DEFAULT (0),
  `first_sum` integer NOT NULL DEFAULT (0),
  `second_sum` integer NOT NULL DEFAULT (0),
  `product_sum` integer NOT NULL DEFAULT (0)
);
-- Create index "itempair_first_id_second_id" to table: "item_pairs"
CREATE UNIQUE INDEX `itempair_first_id_second_id` ON `item_pairs` (`first_id`, `second_id`);
-- Create index "itempair_second_id" to table: "item_pairs"
CREATE INDEX `itempair_second_id` ON `item_pairs` (`second_id`);
-- Create "item_parameters" table
CREATE TABLE `item_parameters` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `model` text NOT NULL,
  `discrimination` real NOT NULL,
  `difficulty` real NOT NULL,
  `guessing` real NOT NULL DEFAULT (0),
  `discrimination_se` real NULL,
  `difficulty_se` real NULL,
  `sample_size` integer NOT NULL DEFAULT (0),
  `provisional` bool NOT NULL,
  `current` bool NOT NULL DEFAULT (true),
  `created_at` datetime NOT NULL,
  `question_id` integer NOT NULL,
  CONSTRAINT `item_parameters_questions_parameters` FOREIGN KEY (`question_id`) REFERENCES `questions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `discrimination_positive` CHECK (discrimination > 0),
  CONSTRAINT `guessing_is_probability` CHECK (guessing >= 0 AND guessing < 1)
);
-- Create index "itemparameters_question_id_created_at" to table: "item_parameters"
CREATE INDEX `itemparameters_question_id_created_at` ON `item_parameters` (`question_id`, `created_at`);
-- Create index "itemparameters_one_current" to table: "item_parameters"
CREATE UNIQUE INDEX `itemparameters_one_current` ON `item_parameters` (`question_id`) WHERE current;
-- Create "item_statistics" table
CREATE TABLE `item_statistics` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `administered` integer NOT NULL DEFAULT (0),
  `correct` integer NOT NULL DEFAULT (0),
  `omitted` integer NOT NULL DEFAULT (0),
  `alone` integer NOT NULL DEFAULT (0),
  `correct_alone` integer NOT NULL DEFAULT (0),
  `rest_sum` integer NOT NULL DEFAULT (0),
  `rest_square_sum` integer NOT NULL DEFAULT (0),
  `correct_rest_sum` integer NOT NULL DEFAULT (0),
  `question_id` integer NOT NULL,
  CONSTRAINT `item_statistics_questions_statistics` FOREIGN KEY (`question_id`) REFERENCES `questions` (`id`) ON DELETE NO ACTION
);
-- Create index "item_statistics_question_id_key" to table: "item_statistics"
CREATE UNIQUE INDEX `item_statistics_question_id_key` ON `item_statistics` (`question_id`);
-- Create "option_score_counts" table
CREATE TABLE `option_score_counts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `option_id` text NOT NULL,
  `total` integer NOT NULL,
  `people` integer NOT NULL DEFAULT (0),
  `question_id` integer NOT NULL,
  CONSTRAINT `option_score_counts_questions_option_score_counts` FOREIGN KEY (`question_id`) REFERENCES `questions` (`id`) ON DELETE NO ACTION
);
-- Create index "optionscorecount_question_id_option_id_total" to table: "option_score_counts"
CREATE UNIQUE INDEX `optionscorecount_question_id_option_id_total` ON `option_score_counts` (`question_id`, `option_id`, `total`);
-- Create "option_statistics" table
CREATE TABLE `option_statistics` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `option_id` text NOT NULL,
  `chosen` integer NOT NULL DEFAULT (0),
  `total_sum` integer NOT NULL DEFAULT (0),
  `rest_sum` integer NOT NULL DEFAULT (0),
  `question_id` integer NOT NULL,
  CONSTRAINT `option_statistics_questions_option_statistics` FOREIGN KEY (`question_id`) REFERENCES `questions` (`id`) ON DELETE NO ACTION
);
-- Create index "optionstatistics_question_id_option_id" to table: "option_statistics"
CREATE UNIQUE INDEX `optionstatistics_question_id_option_id` ON `option_statistics` (`question_id`, `option_id`);
-- Create "questions" table
CREATE TABLE `questions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `external_ref` text NULL,
  `source` text NOT NULL,
  `text` text NULL,
  `stimulus` text NULL,
  `options` json NOT NULL,
  `key` text NOT NULL,
  `explanation` text NULL,
  `domain` text NOT NULL,
  `difficulty` text NOT NULL,
  `sub_type` text NULL,
  `active` bool NOT NULL DEFAULT (true),
  `anchor` bool NOT NULL DEFAULT (false),
  `quality` text NOT NULL DEFAULT ('NORMAL'),
  `quality_reason` text NULL,
  `created_at` datetime NOT NULL,
  `changed_at` datetime NOT NULL
);
-- Create index "questions_external_ref_key" to table: "questions"
CREATE UNIQUE INDEX `questions_external_ref_key` ON `questions` (`external_ref`);
-- Create index "question_domain_difficulty" to table: "questions"
CREATE INDEX `question_domain_difficulty` ON `questions` (`domain`, `difficulty`);
-- Create index "question_source" to table: "questions"
CREATE INDEX `question_source` ON `questions` (`source`);
-- Create index "question_changed_at" to table: "questions"
CREATE INDEX `question_changed_at` ON `questions` (`changed_at`);
-- Create "refresh_tokens" table
CREATE TABLE `refresh_tokens` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `family` text NOT NULL,
  `token_hash` blob NOT NULL,
  `issued_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `rotated_at` datetime NULL,
  `revoked_at` datetime NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `refresh_tokens_users_refresh_tokens` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "refresh_tokens_token_hash_key" to table: "refresh_tokens"
CREATE UNIQUE INDEX `refresh_tokens_token_hash_key` ON `refresh_tokens` (`token_hash`);
-- Create index "refreshtoken_family" to table: "refresh_tokens"
CREATE INDEX `refreshtoken_family` ON `refresh_tokens` (`family`);
-- Create index "refreshtoken_user_id" to table: "refresh_tokens"
CREATE INDEX `refreshtoken_user_id` ON `refresh_tokens` (`user_id`);
-- Create "responses" table
CREATE TABLE `responses` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `position` integer NOT NULL,
  `served_at` datetime NOT NULL,
  `answered_at` datetime NULL,
  `option_id` text NULL,
  `is_correct` bool NULL,
  `time_ms` integer NULL,
  `theta` real NULL,
  `standard_error` real NULL,
  `question_id` integer NOT NULL,
  `session_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `responses_questions_responses` FOREIGN KEY (`question_id`) REFERENCES `questions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `responses_test_sessions_responses` FOREIGN KEY (`session_id`) REFERENCES `test_sessions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `responses_users_responses` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "response_session_id_position" to table: "responses"
CREATE UNIQUE INDEX `response_session_id_position` ON `responses` (`session_id`, `position`);
-- Create index "response_user_id_question_id" to table: "responses"
CREATE UNIQUE INDEX `response_user_id_question_id` ON `responses` (`user_id`, `question_id`);
-- Create index "response_user_id_id" to table: "responses"
CREATE INDEX `response_user_id_id` ON `responses` (`user_id`, `id`);
-- Create index "response_question_id_id" to table: "responses"
CREATE INDEX `response_question_id_id` ON `responses` (`question_id`, `id`);
-- Create "test_results" table
CREATE TABLE `test_results` (
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
  `total` integer NOT NULL,
  `correct` integer NOT NULL,
  `domain_scores` json NOT NULL,
  `scored_at` datetime NOT NULL,
  `session_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `test_results_test_sessions_result` FOREIGN KEY (`session_id`) REFERENCES `test_sessions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `test_results_users_results` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "test_results_session_id_key" to table: "test_results"
CREATE UNIQUE INDEX `test_results_session_id_key` ON `test_results` (`session_id`);
-- Create index "testresult_user_id_id" to table: "test_results"
CREATE INDEX `testresult_user_id_id` ON `test_results` (`user_id`, `id`);
-- Create "test_sessions" table
CREATE TABLE `test_sessions` (
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
  `stop_reason` text NULL,
  `source` text NULL,
  `external_ref` text NULL,
  `started_at` datetime NOT NULL,
  `last_activity_at` datetime NOT NULL,
  `ended_at` datetime NULL,
  `open_question_id` integer NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `test_sessions_questions_open_question` FOREIGN KEY (`open_question_id`) REFERENCES `questions` (`id`) ON DELETE SET NULL,
  CONSTRAINT `test_sessions_users_sessions` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `answered_within_maximum` CHECK (answered >= 0 AND answered <= maximum),
  CONSTRAINT `ended_when_final` CHECK (CASE WHEN state = 'IN_PROGRESS' THEN ended_at IS NULL ELSE ended_at IS NOT NULL END)
);
-- Create index "test_sessions_external_ref_key" to table: "test_sessions"
CREATE UNIQUE INDEX `test_sessions_external_ref_key` ON `test_sessions` (`external_ref`);
-- Create index "testsession_one_in_progress" to table: "test_sessions"
CREATE UNIQUE INDEX `testsession_one_in_progress` ON `test_sessions` (`user_id`) WHERE state = 'IN_PROGRESS';
-- Create index "testsession_user_id_id" to table: "test_sessions"
CREATE INDEX `testsession_user_id_id` ON `test_sessions` (`user_id`, `id`);
-- Create index "testsession_state_last_activity_at" to table: "test_sessions"
CREATE INDEX `testsession_state_last_activity_at` ON `test_sessions` (`state`, `last_activity_at`);
-- Create index "testsession_source" to table: "test_sessions"
CREATE INDEX `testsession_source` ON `test_sessions` (`source`);
-- Create "users" table
CREATE TABLE `users` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `email` text NULL,
  `email_key` text NULL,
  `password_hash` text NULL,
  `display_name` text NULL,
  `role` text NOT NULL DEFAULT ('TAKER'),
  `birth_year` integer NULL,
  `country` text NULL,
  `cooldown_bypass` bool NOT NULL DEFAULT (false),
  `external_ref` text NULL,
  `tokens_revoked_before` datetime NULL,
  `last_login_at` datetime NULL,
  `created_at` datetime NOT NULL
);
-- Create index "users_email_key_key" to table: "users"
CREATE UNIQUE INDEX `users_email_key_key` ON `users` (`email_key`);
-- Create index "users_external_ref_key" to table: "users"
CREATE UNIQUE INDEX `users_external_ref_key` ON `users` (`external_ref`);
-- Create index "user_created_at" to table: "users"
CREATE INDEX `user_created_at` ON `users` (`created_at`);
