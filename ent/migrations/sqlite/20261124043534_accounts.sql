-- Add column "retry_hash" to table: "refresh_tokens"
ALTER TABLE `refresh_tokens` ADD COLUMN `retry_hash` blob NULL;
-- Create index "refreshtoken_expires_at" to table: "refresh_tokens"
CREATE INDEX `refreshtoken_expires_at` ON `refresh_tokens` (`expires_at`);
-- Add column "email_confirmed_at" to table: "users"
ALTER TABLE `users` ADD COLUMN `email_confirmed_at` datetime NULL;
-- Create "oauth_identities" table
CREATE TABLE `oauth_identities` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider` text NOT NULL,
  `subject` text NOT NULL,
  `email` text NULL,
  `created_at` datetime NOT NULL,
  `last_used_at` datetime NOT NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `oauth_identities_users_identities` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "oauthidentity_provider_subject" to table: "oauth_identities"
CREATE UNIQUE INDEX `oauthidentity_provider_subject` ON `oauth_identities` (`provider`, `subject`);
-- Create index "oauthidentity_user_id" to table: "oauth_identities"
CREATE INDEX `oauthidentity_user_id` ON `oauth_identities` (`user_id`);
-- Create "password_reset_tokens" table
CREATE TABLE `password_reset_tokens` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `token_hash` blob NOT NULL,
  `created_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `closed_at` datetime NULL,
  `user_id` integer NOT NULL,
  CONSTRAINT `password_reset_tokens_users_reset_tokens` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION
);
-- Create index "password_reset_tokens_token_hash_key" to table: "password_reset_tokens"
CREATE UNIQUE INDEX `password_reset_tokens_token_hash_key` ON `password_reset_tokens` (`token_hash`);
-- Create index "passwordresettoken_user_id_expires_at" to table: "password_reset_tokens"
CREATE INDEX `passwordresettoken_user_id_expires_at` ON `password_reset_tokens` (`user_id`, `expires_at`);
-- Create index "passwordresettoken_expires_at" to table: "password_reset_tokens"
CREATE INDEX `passwordresettoken_expires_at` ON `password_reset_tokens` (`expires_at`);
-- Create "rate_windows" table
CREATE TABLE `rate_windows` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `key` blob NOT NULL,
  `used` integer NOT NULL,
  `ends_at` datetime NOT NULL
);
-- Create index "rate_windows_key_key" to table: "rate_windows"
CREATE UNIQUE INDEX `rate_windows_key_key` ON `rate_windows` (`key`);
-- Create index "ratewindow_ends_at" to table: "rate_windows"
CREATE INDEX `ratewindow_ends_at` ON `rate_windows` (`ends_at`);
-- Create "sign_in_failures" table
CREATE TABLE `sign_in_failures` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `key` blob NOT NULL,
  `failures` integer NOT NULL DEFAULT (0),
  `locked_until` datetime NULL,
  `forgotten_at` datetime NOT NULL
);
-- Create index "sign_in_failures_key_key" to table: "sign_in_failures"
CREATE UNIQUE INDEX `sign_in_failures_key_key` ON `sign_in_failures` (`key`);
-- Create index "signinfailures_forgotten_at" to table: "sign_in_failures"
CREATE INDEX `signinfailures_forgotten_at` ON `sign_in_failures` (`forgotten_at`);
