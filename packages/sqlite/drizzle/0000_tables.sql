CREATE TABLE `agentbus_delayed` (
	`number` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`topic` integer NOT NULL,
	`lane` integer NOT NULL,
	`published_at` integer NOT NULL,
	`deliver_at` integer,
	`expires_at` integer,
	`key` text,
	`source` text NOT NULL,
	`correlation_id` text,
	`causation_id` text,
	`headers` text,
	`body` text NOT NULL,
	`settled_for` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agentbus_delayed_id_unique` ON `agentbus_delayed` (`id`);--> statement-breakpoint
CREATE INDEX `agentbus_delayed_by_time` ON `agentbus_delayed` (`deliver_at`);--> statement-breakpoint
CREATE TABLE `agentbus_exceptions` (
	`subscription` integer NOT NULL,
	`seq` integer NOT NULL,
	`state` integer NOT NULL,
	`due` real DEFAULT 0 NOT NULL,
	`starts` integer DEFAULT 0 NOT NULL,
	`redrives` integer DEFAULT 0 NOT NULL,
	`failures` text DEFAULT '[]' NOT NULL,
	`reason` text,
	`detail` text,
	`died_at` integer,
	PRIMARY KEY(`subscription`, `seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `agentbus_exceptions_waiting` ON `agentbus_exceptions` (`subscription`,`due`,`seq`) WHERE state = 1;--> statement-breakpoint
CREATE INDEX `agentbus_exceptions_suspect` ON `agentbus_exceptions` (`subscription`,`due`,`seq`) WHERE state = 2;--> statement-breakpoint
CREATE INDEX `agentbus_exceptions_dead` ON `agentbus_exceptions` (`subscription`,`seq`) WHERE state = 3;--> statement-breakpoint
CREATE TABLE `agentbus_leases` (
	`subscription` integer NOT NULL,
	`number` integer NOT NULL,
	`until` real NOT NULL,
	`consumer` text NOT NULL,
	`starts_file` text NOT NULL,
	`starts_slot` integer NOT NULL,
	`items` text NOT NULL,
	PRIMARY KEY(`subscription`, `number`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `agentbus_leases_by_end` ON `agentbus_leases` (`subscription`,`until`);--> statement-breakpoint
CREATE TABLE `agentbus_messages` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`topic` integer NOT NULL,
	`lane` integer NOT NULL,
	`published_at` integer NOT NULL,
	`deliver_at` integer,
	`expires_at` integer,
	`key` text,
	`source` text NOT NULL,
	`correlation_id` text,
	`causation_id` text,
	`headers` text,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agentbus_messages_id_unique` ON `agentbus_messages` (`id`);--> statement-breakpoint
CREATE INDEX `agentbus_messages_by_topic` ON `agentbus_messages` (`topic`,`lane`);--> statement-breakpoint
CREATE TABLE `agentbus_meta` (
	`id` integer PRIMARY KEY NOT NULL,
	`head` integer NOT NULL,
	`boot` text NOT NULL,
	`clock_offset` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `agentbus_subscription_topics` (
	`subscription` integer NOT NULL,
	`topic` integer NOT NULL,
	`base` integer NOT NULL,
	PRIMARY KEY(`subscription`, `topic`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `agentbus_subscriptions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`pattern` text NOT NULL,
	`settings` text NOT NULL,
	`started_after` integer NOT NULL,
	`cursor0` integer NOT NULL,
	`cursor1` integer NOT NULL,
	`cursor2` integer NOT NULL,
	`cursor3` integer NOT NULL,
	`turn` integer DEFAULT 0 NOT NULL,
	`leases` integer DEFAULT 0 NOT NULL,
	`taken` integer DEFAULT 0 NOT NULL,
	`leased` integer DEFAULT 0 NOT NULL,
	`waiting` integer DEFAULT 0 NOT NULL,
	`history` integer DEFAULT 0 NOT NULL,
	`dead` integer DEFAULT 0 NOT NULL,
	`acked` integer DEFAULT 0 NOT NULL,
	`expired` integer DEFAULT 0 NOT NULL,
	`discarded` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agentbus_subscriptions_name_unique` ON `agentbus_subscriptions` (`name`);--> statement-breakpoint
CREATE TABLE `agentbus_topics` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`last0` integer DEFAULT 0 NOT NULL,
	`last1` integer DEFAULT 0 NOT NULL,
	`last2` integer DEFAULT 0 NOT NULL,
	`last3` integer DEFAULT 0 NOT NULL,
	`messages` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agentbus_topics_name_unique` ON `agentbus_topics` (`name`);