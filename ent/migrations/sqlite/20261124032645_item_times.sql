-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create "new_item_statistics" table
CREATE TABLE `new_item_statistics` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `administered` integer NOT NULL DEFAULT (0),
  `correct` integer NOT NULL DEFAULT (0),
  `omitted` integer NOT NULL DEFAULT (0),
  `alone` integer NOT NULL DEFAULT (0),
  `correct_alone` integer NOT NULL DEFAULT (0),
  `rest_sum` integer NOT NULL DEFAULT (0),
  `rest_square_sum` integer NOT NULL DEFAULT (0),
  `correct_rest_sum` integer NOT NULL DEFAULT (0),
  `timed` integer NOT NULL DEFAULT (0),
  `time_ms_sum` integer NOT NULL DEFAULT (0),
  `question_id` integer NOT NULL,
  CONSTRAINT `item_statistics_questions_statistics` FOREIGN KEY (`question_id`) REFERENCES `questions` (`id`) ON DELETE NO ACTION
);
-- Copy rows from old table "item_statistics" to new temporary table "new_item_statistics"
INSERT INTO `new_item_statistics` (`id`, `administered`, `correct`, `omitted`, `alone`, `correct_alone`, `rest_sum`, `rest_square_sum`, `correct_rest_sum`, `question_id`) SELECT `id`, `administered`, `correct`, `omitted`, `alone`, `correct_alone`, `rest_sum`, `rest_square_sum`, `correct_rest_sum`, `question_id` FROM `item_statistics`;
-- Drop "item_statistics" table after copying rows
DROP TABLE `item_statistics`;
-- Rename temporary table "new_item_statistics" to "item_statistics"
ALTER TABLE `new_item_statistics` RENAME TO `item_statistics`;
-- Create index "item_statistics_question_id_key" to table: "item_statistics"
CREATE UNIQUE INDEX `item_statistics_question_id_key` ON `item_statistics` (`question_id`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
